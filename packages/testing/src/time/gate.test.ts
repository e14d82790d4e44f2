import { expect, test } from "vitest";
import { createGate } from "./gate.ts";

test("holds those who wait until it is opened, and nobody afterwards", async () => {
  const gate = createGate<string>();
  const seen: string[] = [];
  const waiting = gate.opened.then((value) => seen.push(value));
  await Promise.resolve();
  expect([gate.isOpen, seen]).toEqual([false, []]);
  gate.open("come in");
  await waiting;
  expect([gate.isOpen, seen, await gate.opened]).toEqual([true, ["come in"], "come in"]);
});

test("fails those who wait when it breaks", async () => {
  const gate = createGate();
  const error = new Error("stuck");
  gate.break(error);
  await expect(gate.opened).rejects.toBe(error);
  expect(gate.isOpen).toBe(false);
});
