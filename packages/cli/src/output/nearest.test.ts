import { expect, test } from "vitest";
import { nearest } from "./nearest.ts";

const NAMES = ["sales.lead.create", "sales.lead.update", "sales.contact.create"];

test.each([
  ["sales.lead.creat", "sales.lead.create"],
  ["sales.led.updat", "sales.lead.update"],
  ["sales.contact.craete", "sales.contact.create"],
  ["communication.message.send", undefined],
  ["x", undefined],
])("%j means %j", (typed, meant) => {
  expect(nearest(typed, NAMES)).toBe(meant);
});

test("nothing is near where there is nothing", () => {
  expect(nearest("anything", [])).toBeUndefined();
});
