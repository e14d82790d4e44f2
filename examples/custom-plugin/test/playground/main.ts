import { eventually } from "@crmessenger/testing";
import { earned, sellCoffee, startApp } from "./app.ts";

await using kernel = await startApp();
for (const { title, attributes } of await sellCoffee(kernel)) {
  console.log(`${title}: a sum of ${String(attributes["sum"])} brings ${String(attributes["bonus"])}`);
}
const total = await eventually(async () => {
  const answer = await earned(kernel);
  if (answer.leads === 0) throw new Error("The conversion has not been counted yet.");
  return answer;
});
console.log(`Converted. The owner has earned ${total.sum}.`);
