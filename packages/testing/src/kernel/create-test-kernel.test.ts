import { definePlugin } from "@crmessenger/kernel";
import { expect, test } from "vitest";
import { createTestKernel } from "./create-test-kernel.ts";

const curious = definePlugin({
  id: "curious",
  version: "1.0.0",
  config: { HOME: { secret: false } },
  boot: (_, { config, logger }) => ({
    start: async () =>
      logger.child({ where: "start" }).warn(`HOME is ${config.get("HOME") ?? "nowhere"}`, { asked: true }),
  }),
});

test("hides the real environment and keeps the log", async () => {
  await using kernel = await createTestKernel({ plugins: [curious()] });
  expect(kernel.log.lines).toEqual([
    { level: "warn", message: "HOME is nowhere", fields: { plugin: "curious", where: "start", asked: true } },
  ]);
});

test("shows the environment that the test gives", async () => {
  await using kernel = await createTestKernel({ plugins: [curious()], environment: { HOME: "/here" } });
  expect(kernel.log.lines.map(({ message }) => message)).toEqual(["HOME is /here"]);
});
