import { CrmError } from "@crmessenger/kernel";
import type { Step } from "./caller.ts";
import type { Root } from "./messages.ts";

/** Carries out the steps of a call, one on the answer of the other. */
export function invoke(root: unknown, name: Root, steps: readonly Step[]): unknown {
  let target = root;
  for (const { member, args } of steps) target = takeStep(target, name, member, args);
  return target;
}

function takeStep(target: unknown, root: Root, member: string, args: readonly unknown[] | undefined): unknown {
  if (target === undefined || target === null) throw unknownMember(root, member);
  const part = member === "" ? target : (target as Readonly<Record<string, unknown>>)[member];
  if (!args) return part;
  if (typeof part !== "function") throw unknownMember(root, member);
  return Reflect.apply(part, member === "" ? undefined : target, [...args]) as unknown;
}

function unknownMember(root: Root, member: string): CrmError {
  const what = typeof root === "number" ? "An object of the other thread" : root;
  const missing = member === "" ? "is not there" : `has no method "${member}"`;
  return new CrmError("CRM_WORKER_MEMBER", `${what} ${missing}.`, { details: { root, member } });
}
