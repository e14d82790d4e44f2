import type { Json } from "../infrastructure/json.ts";
import type { Operation } from "./operation.ts";

/** Stands in the place of a secret that a plugin is not to see. */
export const HIDDEN = "[hidden]";

/** What plugins around an operation see of its input or answer, and the way back to the whole of it. */
export interface SecretFields {
  hide(value: Json): Json;
  /** A value that went through plugins, with the secrets of the original: nobody can put others in their place. */
  restore(value: Json, original: Json): Json;
}

const none: SecretFields = { hide: (value) => value, restore: (value) => value };

/** The secrets that the operation's `secrets` names. */
export function secretFieldsOf({ secrets }: Operation): SecretFields {
  return secrets.length === 0 ? none : { hide: (value) => hide(value, secrets), restore: restoreWith(secrets) };
}

function hide(value: Json, names: readonly string[]): Json {
  if (!isObject(value)) return value;
  const present = names.filter((name) => Object.hasOwn(value, name));
  return present.length === 0 ? value : { ...value, ...Object.fromEntries(present.map((name) => [name, HIDDEN])) };
}

function restoreWith(names: readonly string[]): SecretFields["restore"] {
  return (value, original) => {
    if (!isObject(value) || !isObject(original)) return value;
    const kept = Object.entries(value).filter(([name]) => !names.includes(name));
    const secret = Object.entries(original).filter(([name]) => names.includes(name));
    return Object.fromEntries([...kept, ...secret]);
  };
}

function isObject(value: Json): value is { readonly [name: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
