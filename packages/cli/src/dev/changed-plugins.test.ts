import { definePlugin } from "@crmessenger/kernel";
import { expect, test } from "vitest";
import { z } from "zod";
import { changedPlugins } from "./changed-plugins.ts";

const define = (id: string) => definePlugin({ id, version: "1.0.0", options: z.strictObject({ rate: z.number() }) });
const [bonus, tax] = [define("bonus"), define("tax")];

test("nothing changed where definitions and options are the same", () => {
  expect(changedPlugins([bonus({ rate: 1 }), tax({ rate: 2 })], [tax({ rate: 2 }), bonus({ rate: 1 })])).toEqual([]);
});

test("a plugin changed that was defined anew, or has other options", () => {
  const [anew, other] = [define("bonus")({ rate: 1 }), tax({ rate: 3 })];
  expect(changedPlugins([bonus({ rate: 1 }), tax({ rate: 2 })], [anew, other])).toEqual([anew, other]);
});

test("another list of plugins takes a restart", () => {
  expect(changedPlugins([bonus({ rate: 1 })], [bonus({ rate: 1 }), tax({ rate: 2 })])).toBeUndefined();
  expect(changedPlugins([bonus({ rate: 1 })], [tax({ rate: 1 })])).toBeUndefined();
  expect(changedPlugins([bonus({ rate: 1 }), tax({ rate: 1 })], [tax({ rate: 1 })])).toBeUndefined();
});
