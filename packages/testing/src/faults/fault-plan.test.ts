import { expect, test } from "vitest";
import { createFaultPlan } from "./fault-plan.ts";
import { lostConnection } from "./lost-connection.ts";

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

test("kills the process at a point: nothing works until it is started again", async () => {
  const plan = createFaultPlan();
  const postman = plan.wrap(new Postman(), "deliver");
  await postman.deliver("a");
  plan.crash("between");
  await postman.deliver("b");
  const died = expect.objectContaining({ code: "CRM_TEST_CRASH" }) as Error;
  expect(() => plan.pass("between")).toThrow(died);
  await expect(postman.deliver("c")).rejects.toThrow(died);
  plan.restart();
  expect(await postman.deliver("d")).toBe(3);
  expect(() => plan.pass("between")).not.toThrow();
});

test("loses the answer of work that was done", async () => {
  const plan = createFaultPlan();
  const postman = plan.wrap(new Postman(), "deliver");
  plan.failAfter("deliver", lostConnection("after"));
  await expect(postman.deliver("a")).rejects.toMatchObject({
    code: "CRM_HTTP_INTERRUPTED",
    details: { outcome: "unknown" },
  });
  expect(postman.count()).toBe(1);
  plan.fail("deliver", lostConnection("before"));
  await expect(postman.deliver("b")).rejects.toMatchObject({ code: "CRM_HTTP_UNREACHABLE", retryable: true });
  expect([postman.count(), await postman.deliver("b")]).toEqual([1, 2]);
});
