import { eventually } from "../time/eventually.ts";

/** What a matcher answers with. */
export interface Outcome {
  readonly pass: boolean;
  readonly message: () => string;
}

/** As far as matchers use what vitest gives them. */
export interface MatcherContext {
  readonly isNot?: boolean;
  equals(a: unknown, b: unknown): boolean;
  readonly utils: { stringify(value: unknown): string };
}

export interface Search<T> {
  /** Everything among which there should be a match. */
  readonly all: () => Promise<readonly T[]>;
  readonly matches: (one: T) => boolean;
  /** What is looked for, as in "a lead.created with …". */
  readonly wanted: string;
  /** How one that is there is shown when none matches. */
  readonly show: (one: T) => unknown;
}

const DEADLINE_MS = 1_000;

/** Waits for a match, or under `.not` looks once. A failure says what there is instead. */
export async function search<T>(context: MatcherContext, { all, matches, wanted, show }: Search<T>): Promise<Outcome> {
  let found: readonly T[] = [];
  const look = async () => {
    found = await all();
    if (!found.some(matches)) throw new Error("none yet");
  };
  const pass = await (context.isNot ? look() : eventually(look, { deadlineMs: DEADLINE_MS })).then(
    () => true,
    () => false,
  );
  return {
    pass,
    message: () => (pass ? `There should be no ${wanted}, but there is.` : missing(context, wanted, found.map(show))),
  };
}

function missing({ utils }: MatcherContext, wanted: string, there: readonly unknown[]): string {
  if (there.length === 0) return `There should be ${wanted}, but there is nothing of the kind.`;
  return `There should be ${wanted}, but there is only:\n${there.map((one) => `  ${utils.stringify(one)}`).join("\n")}`;
}
