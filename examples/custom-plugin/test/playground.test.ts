import { eventually } from "@crmessenger/testing";
import { expect, test } from "vitest";
import { given, sellCoffee, startApp } from "./playground/app.ts";

test("the playground shows what the plugin does", async () => {
  await using kernel = await startApp();
  const deals = await sellCoffee(kernel);
  expect(deals.map(({ amount }) => amount?.amount)).toEqual(["1140.00", "11100.00"]);
  const total = { deals: 1, sums: [{ amount: "900.00", currency: "EUR" }] };
  await eventually(async () => expect(await given(kernel)).toEqual(total));
});
