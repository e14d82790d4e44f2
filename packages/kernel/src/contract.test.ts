import { expect, test } from "vitest";
import { contract, contractId, contractName } from "./contract.ts";

test("two declarations of one contract are one reference, as in two copies of a package", () => {
  expect(contract("testing.clock", 1)).toBe(contract("testing.clock", 1));
  expect(contract("testing.clock", 2)).not.toBe(contract("testing.clock", 1));
});

test("a reference tells its id, and its name without the major", () => {
  const reference = contract("testing.rate-budget", 3);
  expect([contractId(reference), contractName(reference)]).toEqual(["testing.rate-budget@3", "testing.rate-budget"]);
  expect(contractName(contract("testing.rate-budget", 4))).toBe(contractName(reference));
});

test.each(["clock", "Testing.clock", "testing.", "testing.Clock", "testing clock", ""])(
  "%j is no name of a contract",
  (name) => {
    expect(() => contract(name, 1)).toThrow(TypeError);
  },
);

test.each([0, -1, 1.5, Number.NaN])("%d is no major", (major) => {
  expect(() => contract("testing.clock", major)).toThrow(TypeError);
});
