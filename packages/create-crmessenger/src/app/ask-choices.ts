import { basename, resolve } from "node:path";
import type { Readable, Writable } from "node:stream";
import { cancel, isCancel, multiselect, select, text } from "@clack/prompts";
import { ScaffoldError } from "../scaffold-error.ts";
import { packageNameProblem } from "../target/check-name.ts";
import { type AppChoices, CHANNELS, type Choice, DATABASES, DEFAULTS, FEATURES } from "./app-choices.ts";

/** What the command line has said already. */
export type GivenChoices = { readonly directory: string | undefined } & {
  readonly [K in "channels" | "database" | "features"]: AppChoices[K] | undefined;
};

export type AskedChoices = Omit<AppChoices, "name"> & { readonly directory: string };

/** Where a person is asked. */
export interface Terminal {
  readonly input: Readable;
  readonly output: Writable;
}

/** Asks for what was not given. `CRM_SCAFFOLD_CANCELLED` when the person leaves. */
export async function askChoices(
  given: GivenChoices,
  terminal: Terminal = { input: process.stdin, output: process.stdout },
): Promise<AskedChoices> {
  const askMany = (message: string, choices: readonly Choice[], initialValues: readonly string[]) =>
    answered(
      terminal,
      multiselect({
        ...terminal,
        message,
        options: choices.map(optionOf),
        initialValues: [...initialValues],
        required: false,
      }),
    );
  const askOne = (message: string, choices: readonly Choice[]) =>
    answered(terminal, select({ ...terminal, message, options: choices.map(optionOf) }));
  return {
    directory: given.directory ?? (await askDirectory(terminal)),
    channels: given.channels ?? (await askMany("Which channels do customers write on?", CHANNELS, DEFAULTS.channels)),
    database: given.database ?? (await askOne("Where are the data kept?", DATABASES)),
    features: given.features ?? (await askMany("What else?", FEATURES, DEFAULTS.features)),
  };
}

function askDirectory(terminal: Terminal): Promise<string> {
  const validate = (value: string | undefined) => packageNameProblem(basename(resolve(value || "my-crm")));
  const question = { message: "Where should it go?", placeholder: "my-crm", defaultValue: "my-crm", validate };
  return answered(terminal, text({ ...terminal, ...question }));
}

function optionOf({ value, label, hint }: Choice): Omit<Choice, "dependency"> {
  return { value, label, hint };
}

async function answered<T>({ output }: Terminal, question: Promise<T>): Promise<Exclude<T, symbol>> {
  const answer = await question;
  if (!isCancel(answer)) return answer as Exclude<T, symbol>;
  cancel("Nothing was made.", { output });
  throw new ScaffoldError("CRM_SCAFFOLD_CANCELLED", "Nothing was made.");
}
