import { basename, resolve } from "node:path";
import { cancel, isCancel, multiselect, select, text } from "@clack/prompts";
import { ScaffoldError } from "../scaffold-error.ts";
import { packageNameProblem } from "../target/check-name.ts";
import { type AppChoices, CHANNELS, type Choice, DATABASES, DEFAULTS, FEATURES } from "./app-choices.ts";

/** What the command line has said already. */
export type GivenChoices = { readonly directory: string | undefined } & {
  readonly [K in "channels" | "database" | "features"]: AppChoices[K] | undefined;
};

export type AskedChoices = Omit<AppChoices, "name"> & { readonly directory: string };

/** Asks for what was not given. `CRM_SCAFFOLD_CANCELLED` when the person leaves. */
export async function askChoices(given: GivenChoices): Promise<AskedChoices> {
  return {
    directory: given.directory ?? (await askDirectory()),
    channels: given.channels ?? (await askMany("Which channels do customers write on?", CHANNELS, DEFAULTS.channels)),
    database: given.database ?? (await askOne("Where are the data kept?", DATABASES)),
    features: given.features ?? (await askMany("What else?", FEATURES, DEFAULTS.features)),
  };
}

async function askDirectory(): Promise<string> {
  const validate = (value: string | undefined) => packageNameProblem(basename(resolve(value || "my-crm")));
  return answered(
    await text({ message: "Where should it go?", placeholder: "my-crm", defaultValue: "my-crm", validate }),
  );
}

async function askMany(message: string, choices: readonly Choice[], initial: readonly string[]): Promise<string[]> {
  const options = choices.map(({ value, label, hint }) => ({ value, label, hint }));
  return answered(await multiselect({ message, options, initialValues: [...initial], required: false }));
}

async function askOne(message: string, choices: readonly Choice[]): Promise<string> {
  const options = choices.map(({ value, label, hint }) => ({ value, label, hint }));
  return answered(await select({ message, options }));
}

function answered<T>(answer: T): Exclude<T, symbol> {
  if (!isCancel(answer)) return answer as Exclude<T, symbol>;
  cancel("Nothing was made.");
  throw new ScaffoldError("CRM_SCAFFOLD_CANCELLED", "Nothing was made.");
}
