import { eventually } from "@crmessenger/testing";
import { given, sellCoffee, startApp } from "./app.ts";

await using kernel = await startApp();
for (const { title, amount, attributes } of await sellCoffee(kernel)) {
  console.log(`${title}: ${String(attributes["bonus"])} are taken off, ${amount?.amount ?? "nothing"} is saved`);
}
const { sums } = await eventually(async () => {
  const answer = await given(kernel);
  if (answer.deals === 0) throw new Error("The deal has not been counted yet.");
  return answer;
});
console.log(`Won. The owner has given away ${sums.map(({ amount, currency }) => `${amount} ${currency}`).join(", ")}.`);
