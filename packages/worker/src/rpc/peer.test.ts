import { deserialize, serialize } from "node:v8";
import { CrmError, defineCommand, defineEvent, executionContext, runInContext } from "@crmessenger/kernel";
import { Clock, defineCollection, defineJob } from "@crmessenger/kernel/infrastructure";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { guestContexts, homeContexts } from "./context-wire.ts";
import { Definitions } from "./definitions.ts";
import type { Message } from "./messages.ts";
import { Peer } from "./peer.ts";

type Serve = (value: never) => unknown;

/** Two ends, and between them what a pipe does to a message. */
function pair(serve: Serve, exports: object = {}) {
  const reported: unknown[] = [];
  const peers: { home?: Peer; guest?: Peer } = {};
  const post = (to: "home" | "guest") => (message: Message) => {
    const bytes = serialize(message);
    queueMicrotask(() => peers[to]?.receive(deserialize(bytes) as Message));
  };
  const guestDefinitions = new Definitions([]);
  const homeDefinitions = new Definitions([exports]);
  guestDefinitions.sendSchemasExceptOf(homeDefinitions.names());
  const common = { plugin: "p", report: (error: unknown) => reported.push(error) };
  peers.home = new Peer({
    ...common,
    contexts: homeContexts(),
    definitions: homeDefinitions,
    offered: () => serve,
    post: post("guest"),
  });
  peers.guest = new Peer({
    ...common,
    contexts: guestContexts(),
    definitions: guestDefinitions,
    offered: () => serve,
    post: post("home"),
  });
  const { home, guest } = peers as { home: Peer; guest: Peer };
  const ask = (value: unknown) => guest.call("it", [{ member: "", args: [value] }]);
  const tell = (value: unknown) => guest.tell("it", [{ member: "", args: [value] }]);
  return { home, guest, ask, tell, reported };
}

const echo = (value: unknown) => value;

describe("values", () => {
  test.each([
    ["nothing", undefined],
    ["numbers", [0, -1.5, 12n, Number.NaN]],
    ["nested data", { a: [{ b: null }], c: { d: "text" } }],
    ["data that looks like a mark", { $: "function", id: 1 }],
    ["maps and sets", new Map([["k", new Set([1])]])],
    ["dates", new Date(5)],
    ["bytes", new Uint8Array([1, 2])],
    ["a contract", Clock],
    ["query parameters", new URLSearchParams("a=1&a=2")],
  ])("of every plain kind come back as they were: %s", async (_, value) => {
    expect(await pair(echo).ask(value)).toEqual(value);
  });

  test("that can't cross are refused, naming what can", async () => {
    const circle: Record<string, unknown> = {};
    circle["self"] = circle;
    await expect(pair(echo).ask(circle)).rejects.toMatchObject({ code: "CRM_WORKER_CLONE" });
    await expect(pair(echo).ask(Symbol("x"))).rejects.toMatchObject({ code: "CRM_WORKER_CLONE" });
  });

  test("functions and objects with methods are called where they are", async () => {
    class Counter {
      readonly name = "counter";
      #count = 0;
      add(by: number): number {
        return (this.#count += by);
      }
      get doubled(): number {
        return this.#count * 2;
      }
    }
    const { ask } = pair(async (given: { counter: Counter; twice: (n: number) => Promise<number> }) => [
      given.counter.name,
      given.counter.doubled,
      await given.counter.add(2),
      await given.twice(4),
    ]);
    expect(await ask({ counter: new Counter(), twice: (n: number) => n * 2 })).toEqual(["counter", 0, 2, 8]);
  });

  test("a function that comes home is the same function", async () => {
    const own = () => 1;
    expect(await pair(echo).ask(own)).toBe(own);
  });

  test("streams are read piece by piece, and cancelled", async () => {
    const { ask } = pair(async (stream: ReadableStream<string>) => {
      const reader = stream.getReader();
      const first = await reader.read();
      await reader.cancel("enough");
      return first.value;
    });
    let reason: unknown;
    const endless = new ReadableStream({
      pull: (controller) => controller.enqueue("piece"),
      cancel: (given) => void (reason = given),
    });
    expect(await ask(endless)).toBe("piece");
    expect(reason).toBe("enough");
  });

  test("a signal aborts on the other side, with its reason", async () => {
    const { ask } = pair(
      (signal: AbortSignal) =>
        new Promise((resolve) => signal.addEventListener("abort", () => resolve(signal.reason as unknown))),
    );
    const controller = new AbortController();
    const answer = ask(controller.signal);
    controller.abort({ why: "late" });
    expect(await answer).toEqual({ why: "late" });
    expect(await pair((signal: AbortSignal) => signal.aborted).ask(AbortSignal.abort("x"))).toBe(true);
  });
});

describe("definitions", () => {
  const greet = defineCommand({
    name: "test.guest.greet",
    description: "Greets.",
    input: z.object({ name: z.string().min(2) }),
    output: z.object({}),
    permission: "test.greet",
    http: null,
  });
  const greeted = defineEvent("guest.greeted", { 1: z.object({ name: z.string() }) });
  const job = defineJob("test.greet", { data: z.object({ name: z.string() }), concurrency: 3 });
  const notes = defineCollection("test.notes", { schema: z.object({ text: z.string() }), unique: { text: ["text"] } });

  test("that the other side knows by name are the other side's own", async () => {
    const seen: unknown[] = [];
    const all = { greet, events: { greeted }, job, notes };
    await pair((given: readonly unknown[]) => void seen.push(...given), all).ask([greet, greeted, job, notes]);
    for (const [index, definition] of [greet, greeted, job, notes].entries()) expect(seen[index]).toBe(definition);
  });

  test("that it does not know come with their schemas", async () => {
    const seen: unknown[] = [];
    await pair((given: readonly unknown[]) => void seen.push(...given)).ask([greet, greeted, job, notes]);
    const [operation, event, work, collection] = seen as [typeof greet, typeof greeted, typeof job, typeof notes];
    expect(operation).toMatchObject({
      kind: "command",
      name: "test.guest.greet",
      version: 1,
      permission: "test.greet",
    });
    expect(operation.input.safeParse({ name: "x" }).success).toBe(false);
    expect(operation.input.safeParse({ name: "xy" }).success).toBe(true);
    expect(event).toMatchObject({ topic: "guest.greeted", version: 1 });
    expect(event.schema.safeParse({}).success).toBe(false);
    expect(work).toMatchObject({ name: "test.greet", concurrency: 3, maxAttempts: 12 });
    expect(collection).toMatchObject({ name: "test.notes", unique: { text: ["text"] }, indexes: [] });
    expect(collection.schema.safeParse({ text: 1 }).success).toBe(false);
  });
});

describe("errors", () => {
  test("cross with their code, or with their name", async () => {
    const details = { list: [1], odd: () => {} };
    const fails = pair((coded: boolean) => {
      throw coded ? new CrmError("CRM_TEST_X", "It failed.", { details, retryAfterMs: 5 }) : new RangeError("too much");
    });
    await expect(fails.ask(true)).rejects.toMatchObject({ name: "CrmError", code: "CRM_TEST_X", retryAfterMs: 5 });
    await expect(fails.ask(false)).rejects.toMatchObject({ name: "RangeError", message: "too much" });
  });

  test("that come home again are the same errors", async () => {
    const error = new Error("mine");
    const { ask } = pair((run: () => Promise<void>) => run());
    await expect(ask(() => Promise.reject(error))).rejects.toBe(error);
  });

  test("of calls that nobody waits for are reported", async () => {
    const { tell, ask, reported } = pair((value: unknown) => {
      if (value === "fail") throw new Error("unheard");
      return value;
    });
    tell("fail");
    await ask("after it");
    expect(reported).toMatchObject([{ message: "unheard" }]);
  });

  test("what is not there is told by name", async () => {
    const { guest } = pair(echo);
    await expect(guest.call("it", [{ member: "nowhere", args: [] }])).rejects.toMatchObject({
      code: "CRM_WORKER_MEMBER",
    });
  });
});

test("the execution context goes along, and a unit of work rejoins at home", async () => {
  const unit = { own: "unit" };
  const seen: unknown[] = [];
  const { home } = pair(async (back: () => Promise<void>) => {
    seen.push(executionContext().tenantId, executionContext().unitOfWork);
    await back?.();
  });
  const back = () => seen.push(executionContext().unitOfWork === unit, executionContext().tenantId);
  await runInContext({ tenantId: "t", unitOfWork: unit }, () => home.call("it", [{ member: "", args: [back] }]));
  expect(seen).toEqual(["t", { remoteUnitOfWork: 1 }, true, "t"]);
});

test("when the other side is gone, what it held is taken back and every call fails", async () => {
  const seen: string[] = [];
  const { home, guest, ask } = pair((what: string) => {
    if (what === "lease") return { release: () => seen.push("released") };
    if (what === "data") return { list: [1], map: () => seen.push("never") };
    return new Promise(() => {});
  });
  await ask("lease");
  await ask("data");
  const waiting = home.call("it", [{ member: "", args: ["for ever"] }]);
  home.end((purpose) => new CrmError("CRM_TEST_GONE", `Gone during ${purpose.kind}.`));
  await expect(waiting).rejects.toMatchObject({ code: "CRM_TEST_GONE" });
  await expect(home.call("it", [{ member: "", args: [] }])).rejects.toMatchObject({ code: "CRM_TEST_GONE" });
  expect(seen).toEqual(["released"]);
  expect([home.pending, home.handles.size, guest.pending]).toEqual([0, 0, 0]);
});
