import { expect, test } from "vitest";
import { eventually } from "../time/eventually.ts";
import { failuresOf, runSuite } from "./run-suite.ts";
import { afterAll, beforeAll, describe, onTestFinished, test as suiteTest } from "./suite-api.ts";

test("runs a suite as data: what surrounds the tests, in order, and how each test ended", async () => {
  const seen: string[] = [];
  const say = (word: string) => async () => void seen.push(word);
  const reports = await runSuite(() => {
    describe("outer", () => {
      beforeAll(say("before"));
      afterAll(say("after"));
      suiteTest("is kept", async () => {
        onTestFinished(say("first registered"));
        onTestFinished(say("last registered"));
        seen.push("test");
      });
      describe("inner", () => suiteTest("is broken", () => Promise.reject(new Error("broken promise"))));
    });
  });
  expect(reports).toEqual([
    { name: "is kept", path: ["outer"], status: "passed" },
    { name: "is broken", path: ["outer", "inner"], status: "failed", error: new Error("broken promise") },
  ]);
  expect(failuresOf(reports)).toEqual(["is broken"]);
  expect(seen).toEqual(["before", "test", "last registered", "first registered", "after"]);
});

test("runs only what is asked for, and prepares nothing else", async () => {
  const prepared: string[] = [];
  const define = () => {
    for (const group of ["one", "two"]) {
      describe(group, () => {
        beforeAll(() => prepared.push(group));
        suiteTest(`${group} works`, async () => undefined);
      });
    }
  };
  const reports = await runSuite(define, { only: (name) => name === "two works" });
  expect([reports.map(({ name }) => name), prepared]).toEqual([["two works"], ["two"]]);
});

test("reports every test of a group that can't be prepared", async () => {
  const error = new Error("no database");
  const define = () =>
    describe("group", () => {
      beforeAll(() => Promise.reject(error));
      suiteTest("one", async () => undefined);
      describe("inner", () => suiteTest("two", async () => undefined));
    });
  expect((await runSuite(define)).map(({ status, error: why }) => [status, why])).toEqual([
    ["failed", error],
    ["failed", error],
  ]);
});

test("gives up on tests that hang and on waiting that is in vain", async () => {
  const define = () => {
    suiteTest("hangs", () => new Promise(() => undefined));
    suiteTest("waits", () => eventually(() => Promise.reject(new Error("never")), { deadlineMs: 60_000 }));
  };
  const reports = await runSuite(define, { deadlineMs: 200, patienceMs: 20 });
  expect(reports.map(({ error }) => (error as Error).message)).toEqual([
    "The test did not end within 200 ms.",
    "It did not come about within 20 ms: never",
  ]);
});

test("fails a test whose cleaning up fails, after the rest was cleaned up", async () => {
  const seen: string[] = [];
  const define = () =>
    suiteTest("leaves something behind", async () => {
      onTestFinished(() => seen.push("cleaned"));
      onTestFinished(() => Promise.reject(new Error("stuck")));
    });
  const [report] = await runSuite(define);
  expect([report?.status, seen]).toEqual(["failed", ["cleaned"]]);
});
