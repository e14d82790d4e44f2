import { eventually } from "@crmessenger/testing";
import { expect, test } from "vitest";
import { earned, sellCoffee, startApp } from "./playground/app.ts";

test("the playground shows what the plugin does", async () => {
  await using kernel = await startApp();
  const leads = await sellCoffee(kernel);
  expect(leads.map(({ attributes }) => attributes["bonus"])).toEqual(["60.00", "900.00"]);
  await eventually(async () => expect(await earned(kernel)).toEqual({ leads: 1, sum: "900.00" }));
});
