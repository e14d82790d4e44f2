import { expect, test } from "vitest";
import { createFaultPlan } from "./fault-plan.ts";

class Postman {
  readonly #delivered: string[] = [];

  async deliver(letter: string): Promise<number> {
    return this.#delivered.push(letter);
  }

  count(): number {
    return this.#delivered.length;
  }
}

test("fails a point as often as planned, in the order of planning, and counts the passes", () => {
  const plan = createFaultPlan();
  plan.pass("send");
  plan.fail("send", new Error("first"), 2);
  plan.fail("send", new Error("then"));
  plan.pass("receive");
  const said: string[] = [];
  for (let times = 0; times < 4; times += 1) {
    try {
      plan.pass("send");
      said.push("fine");
    } catch (error) {
      said.push((error as Error).message);
    }
  }
  expect(said).toEqual(["first", "first", "then", "fine"]);
  expect([plan.passes("send"), plan.passes("receive"), plan.passes("never")]).toEqual([5, 1, 0]);
});

test("wraps a method of an object and leaves the rest as it is", async () => {
  const plan = createFaultPlan();
  const postman = plan.wrap(new Postman(), "deliver");
  plan.fail("deliver", new Error("the road is closed"));
  await expect(postman.deliver("a")).rejects.toThrow("the road is closed");
  expect(await postman.deliver("b")).toBe(1);
  expect(plan.passes("deliver")).toBe(2);
});
