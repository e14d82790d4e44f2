import type { Json } from "../infrastructure/json.ts";
import type { Operation } from "./operation.ts";

/** The input of an earlier version as the current one takes it; still unchecked. */
export function inputUp(operation: Operation, version: number, input: unknown): unknown {
  let converted = input;
  for (let from = version; from < operation.version; from += 1)
    converted = operation.earlier[from]?.up(converted as never);
  return converted;
}

/** An answer as callers of another version get it. */
export function outputAs(operation: Operation, output: Json, from: number, to: number): Json {
  let converted: unknown = output;
  for (let version = from; version > to; version -= 1)
    converted = operation.earlier[version - 1]?.down(converted as never);
  for (let version = from; version < to; version += 1) {
    const step = operation.earlier[version];
    converted = step?.restore ? step.restore(converted as never) : converted;
  }
  return converted as Json;
}

const VERSION = "crmessenger:version";

/** An answer as it is kept: answers of first versions as they are, later ones with their version. */
export function keptAnswer(output: Json, version: number): Json {
  return version === 1 ? output : { [VERSION]: version, output };
}

/** What `keptAnswer` kept. */
export function openAnswer(kept: Json): { readonly output: Json; readonly version: number } {
  if (typeof kept !== "object" || kept === null || Array.isArray(kept)) return { output: kept, version: 1 };
  const { [VERSION]: version, output = null } = kept as Readonly<Record<string, Json>>;
  return typeof version === "number" ? { output, version } : { output: kept, version: 1 };
}
