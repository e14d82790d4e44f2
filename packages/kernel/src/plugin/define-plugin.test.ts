import { expect, test } from "vitest";
import { z } from "zod";
import { definePlugin, optional } from "./define-plugin.ts";

test("a plugin is a function of its options, and can be marked as optional", () => {
  const mail = definePlugin({ id: "mail", version: "1.0.0", options: z.strictObject({ host: z.string() }) });
  expect(mail({ host: "example.com" })).toMatchObject({
    definition: { id: "mail" },
    options: { host: "example.com" },
    optional: false,
  });
  expect(optional(mail({ host: "example.com" }))).toMatchObject({ definition: { id: "mail" }, optional: true });
});

test.each(["Mail", "mail_box", "-mail", "mail-", "mail box", ""])("%j is no id of a plugin", (id) => {
  expect(() => definePlugin({ id, version: "1.0.0" })).toThrow(TypeError);
});
