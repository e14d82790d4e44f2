import { AsyncLocalStorage } from "node:async_hooks";
import { toCrmError } from "../errors/crm-error.ts";
import { type FieldDifference, differences } from "./differences.ts";
import type { HookKind } from "./hook-point.ts";
import type { Tap } from "./tap.ts";

/** What one tap did in one operation. */
export interface ExplainedStep {
  readonly point: string;
  readonly kind: HookKind;
  readonly plugin: string;
  readonly stage: string;
  /** Of an around tap: with all that it wraps. */
  readonly milliseconds: number;
  /** A guard's. A tap that failed denies. */
  readonly verdict?: "allow" | "deny";
  /** Of the verdict. */
  readonly reason?: string;
  /** What a transform changed in the draft, field by field. */
  readonly changes?: readonly FieldDifference[];
  readonly error?: { readonly code: string; readonly message: string };
}

/** Writes down what the taps of one operation do, in the order in which they begin. */
export class Trace {
  readonly #steps: (ExplainedStep | undefined)[] = [];

  get steps(): readonly ExplainedStep[] {
    return this.#steps.filter((step) => step !== undefined);
  }

  /** Begins a step. Answers with what ends it. */
  begin(point: string, kind: HookKind, tap: Tap, value: unknown): TracedStep {
    const place = this.#steps.push(undefined) - 1;
    const started = performance.now();
    const before = kind === "transform" ? copy(value) : undefined;
    const end = (more: Partial<ExplainedStep>) => {
      const milliseconds = performance.now() - started;
      this.#steps[place] = { point, kind, plugin: tap.plugin, stage: tap.stage, milliseconds, ...more };
    };
    return {
      answered: (answer, now) => end(kind === "guard" ? verdictOf(answer) : { ...changesOf(kind, before, now) }),
      failed: (thrown) => {
        const { code, message } = toCrmError(thrown);
        end({ ...(kind === "guard" ? { verdict: "deny", reason: message } : {}), error: { code, message } });
      },
    };
  }
}

export interface TracedStep {
  /** `now` is the value after it. */
  answered(answer: unknown, now: unknown): void;
  failed(thrown: unknown): void;
}

const current = new AsyncLocalStorage<Trace>();
let open = 0;

/** The trace of the operation that runs, if it is to be explained. Costs a comparison while none is. */
export function currentTrace(): Trace | undefined {
  return open === 0 ? undefined : current.getStore();
}

/** Runs `work` with everything its taps do written into the trace. */
export async function traced<T>(trace: Trace, work: () => Promise<T>): Promise<T> {
  open += 1;
  try {
    return await current.run(trace, work);
  } finally {
    open -= 1;
  }
}

function verdictOf(answer: unknown): Partial<ExplainedStep> {
  if (typeof answer !== "object" || answer === null) return {};
  const { allow, deny } = answer as { allow?: unknown; deny?: unknown };
  if (typeof deny === "string") return { verdict: "deny", reason: deny };
  return typeof allow === "string" ? { verdict: "allow", reason: allow } : {};
}

function changesOf(kind: HookKind, before: unknown, now: unknown): Partial<ExplainedStep> {
  return kind === "transform" ? { changes: differences(before, now) } : {};
}

/** Drafts are plain data; what is not stays as it is and shows no differences inside. */
function copy(value: unknown): unknown {
  try {
    return structuredClone(value);
  } catch {
    return value;
  }
}
