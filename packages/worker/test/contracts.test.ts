import { type AnyRemote, type Contract, contract, contractId, reachOf } from "@crmessenger/kernel";
import { Clock, Ids, Logger } from "@crmessenger/kernel/infrastructure";
import { expect, test } from "vitest";
import { kernelModules } from "../src/rpc/kernel-modules.ts";

const contracts = [...new Set(kernelModules.flatMap((module) => Object.values(module) as unknown[]))].filter(
  (value): value is Contract<unknown> =>
    typeof value === "symbol" && (Symbol.keyFor(value) ?? "").startsWith("crmessenger:"),
);

const KINDS: readonly unknown[] = ["wait", "read", "tell", "undo", "absent"];

function isRemote(reach: AnyRemote): boolean {
  return Object.values(reach).every((how) => KINDS.includes(how) || (typeof how === "object" && isRemote(how.makes)));
}

test("the kernel's contracts are found", () => {
  expect(contracts.length).toBeGreaterThan(40);
  expect(contracts).toContain(Clock);
});

test.each(contracts.map((reference) => [contractId(reference), reference] as const))(
  "%s is local, with an implementation in every worker, or remote",
  (_, reference) => {
    const reach = reachOf(reference);
    if (reach === "local") expect([Clock, Ids, Logger]).toContain(reference);
    else expect(isRemote(reach)).toBe(true);
  },
);

interface Mixed {
  later(): Promise<string>;
  now(): string;
  say(text: string): void;
  part(name: string): { later(): Promise<void> };
  watch(changed: () => void): () => void;
  readonly size: number;
}

test("a declaration that does not fit its contract does not compile", () => {
  const declare = contract<Mixed>;
  const right = { now: "wait", say: "tell", part: { makes: {} }, watch: "undo", size: "read" } as const;
  expect(reachOf(declare("testing.mixed", 1, right))).toEqual(right);
  expect(reachOf(contract<{ later(): Promise<string> }>("testing.later", 1))).toEqual({});
  // @ts-expect-error -- members that answer at once must be declared
  declare("testing.mixed", 2);
  // @ts-expect-error -- every one of them
  declare("testing.mixed", 2, { now: "wait" });
  // @ts-expect-error -- an answer is lost
  declare("testing.mixed", 2, { ...right, now: "tell" });
  // @ts-expect-error -- a property is read
  declare("testing.mixed", 2, { ...right, size: "wait" });
  // @ts-expect-error -- nothing takes it back
  declare("testing.mixed", 2, { ...right, say: "undo" });
});
