import { CrmError, type Plugin } from "@crmessenger/kernel";
import { RouteTable } from "@crmessenger/kernel/http";
import { UnitOfWork } from "@crmessenger/kernel/infrastructure";
import { memory } from "@crmessenger/memory";
import { createTestKernel, eventually } from "@crmessenger/testing";
import { describe, expect, test } from "vitest";
import { everythingHost } from "./everything-host.ts";
import { AddNote, Describe, Fail, KeepFile, ReadNote, UseLease } from "./fixtures/everything-contracts.ts";
import { everything } from "./fixtures/everything.ts";

type Place = (plugin: Plugin) => Plugin;

async function boot(place: Place) {
  const { plugin, parts } = everythingHost();
  const kernel = await createTestKernel({
    plugins: [plugin, memory(), place(everything({ greeting: "good day" }))],
    environment: { EVERYTHING_TOKEN: "t0ken", HOME: "/root" },
  });
  const read = (key: string) => kernel.bus.ask(ReadNote, { key });
  const add = (key: string, fail = false) => kernel.bus.dispatch(AddNote, { key, text: "hi", fail });
  const route = (path: string) => {
    const found = kernel
      .get(RouteTable)
      .routes()
      .find((candidate) => candidate.path === path);
    if (!found) throw new Error(`There is no route ${path}.`);
    return found;
  };
  return { kernel, read, add, route, parts: parts() };
}

const WRITTEN = { secret: "secret hi", setting: { text: "hi" }, audit: ["everything.note.add system"] };
const UNWRITTEN = { notes: {}, secret: null, setting: null, audit: [] };

/** The same plugin, the same promises, wherever it runs. */
export function describePlacement(name: string, place: Place): void {
  describe(`a plugin ${name}`, () => {
    describeWriting(place);
    describeCalling(place);
    describeHooks(place);
  });
}

function describeWriting(place: Place): void {
  test("writes with everything in one unit of work; events, jobs and subscriptions follow", async () => {
    const { kernel, add, read } = await boot(place);
    await using _ = kernel;
    expect(await add("a")).toEqual({
      version: 1,
      leadStatus: "in-progress or disqualified, false",
      envelopeTopic: "everything-note.added",
    });
    await eventually(async () =>
      expect(await read("a")).toEqual({
        ...WRITTEN,
        notes: {
          a: { text: "!!!HI?", by: "everything 1 false" },
          "copy of a": { text: "hi?", by: "kernel/everything/true/true" },
        },
      }),
    );
  });

  test("leaves nothing when its command fails at the end", async () => {
    const { kernel, add, read } = await boot(place);
    await using _ = kernel;
    await expect(add("b", true)).rejects.toMatchObject({
      code: "CRM_EVERYTHING_FAILED",
      status: 418,
      details: { key: "b" },
    });
    expect(await read("b")).toEqual(UNWRITTEN);
    expect(await kernel.bus.ask(Describe, {})).toMatchObject({ committed: 0 });
  });

  test("joins the unit of work of its caller: rolls back with it and commits with it", async () => {
    const { kernel, add, read } = await boot(place);
    await using _ = kernel;
    const units = kernel.get(UnitOfWork);
    const lost = units.run(async () => {
      await add("c");
      expect(await read("c")).toMatchObject(WRITTEN);
      throw new CrmError("CRM_TEST_CHANGE_OF_MIND", "Never mind.");
    });
    await expect(lost).rejects.toMatchObject({ code: "CRM_TEST_CHANGE_OF_MIND" });
    expect(await read("c")).toEqual(UNWRITTEN);
    await units.run(() => add("c"));
    expect(await read("c")).toMatchObject(WRITTEN);
    await eventually(async () => expect(await kernel.bus.ask(Describe, {})).toMatchObject({ committed: 1 }));
  });

  test("streams files in and out", async () => {
    const { kernel } = await boot(place);
    await using _ = kernel;
    const text = "0123456789".repeat(20_000);
    expect(await kernel.bus.dispatch(KeepFile, { text })).toEqual({ read: text, size: text.length });
  });

  test("holds leases whose signal tells that they are over", async () => {
    const { kernel } = await boot(place);
    await using _ = kernel;
    const lease = { abortedBefore: false, abortedAfter: true };
    expect(await kernel.bus.dispatch(UseLease, { name: "x" })).toEqual({ ...lease, token: 1 });
    expect(await kernel.bus.dispatch(UseLease, { name: "x" })).toEqual({ ...lease, token: 2 });
  });
}

function describeCalling(place: Place): void {
  test("sees its options, what it declared of the environment, and the context of its caller", async () => {
    const { kernel } = await boot(place);
    await using _ = kernel;
    const context = { actor: { kind: "user", id: "u1" }, tenantId: "t1", correlationId: "c1", locale: "de" } as const;
    expect(await kernel.run(() => kernel.bus.ask(Describe, {}), context)).toEqual({
      id: "everything",
      greeting: "good day",
      token: "t0ken",
      unset: null,
      names: ["EVERYTHING_TOKEN", "EVERYTHING_UNSET"],
      undeclared: "CRM_CONFIG_UNDECLARED",
      phases: ["boot", "start", "ready"],
      committed: 0,
      context,
      idLength: 36,
      timeIsKnown: true,
      ready: null,
    });
    expect(await kernel.bus.ask(Describe, {})).toMatchObject({ ready: true });
  });

  test("fails with its own errors", async () => {
    const { kernel } = await boot(place);
    await using _ = kernel;
    await expect(kernel.bus.dispatch(Fail, { coded: true })).rejects.toMatchObject({
      name: "CrmError",
      code: "CRM_EVERYTHING_FAILED",
      message: "It failed.",
      status: 409,
      retryable: true,
      retryAfterMs: 1_234,
      details: { list: [1, 2], nested: { deep: true } },
    });
    await expect(kernel.bus.dispatch(Fail, { coded: false })).rejects.toMatchObject({
      name: "TypeError",
      message: "plain and simple",
    });
    await expect(kernel.bus.dispatch(AddNote, { key: "", text: "", fail: false })).rejects.toMatchObject({
      code: "CRM_BUS_INVALID_INPUT",
    });
  });

  test("serves routes, with parameters, bytes and streams", async () => {
    const { kernel, route } = await boot(place);
    await using _ = kernel;
    const request = {
      method: "POST",
      url: "/everything/x?from=here",
      params: { name: "x" },
      query: new URLSearchParams("from=here"),
      headers: { "content-type": "text/plain" },
      body: Buffer.from("bytes"),
      signal: new AbortController().signal,
    };
    const answered = await route("/everything/:name").handle(request);
    expect(answered.status).toBe(200);
    expect(JSON.parse(String(answered.body))).toEqual({
      name: "x",
      from: "here",
      body: "bytes",
      type: "text/plain",
      aborted: false,
    });
    const { body } = await route("/everything/stream").handle({ ...request, method: "GET", body: new Uint8Array() });
    expect(await new Response(body as ReadableStream<Uint8Array>).text()).toBe("one two");
  });

  test("provides a contract, callbacks and parts of it included", async () => {
    const { kernel, add, parts } = await boot(place);
    await using _ = kernel;
    await add("d");
    await eventually(async () => expect(await parts.notebook.text("d")).toBe("!!!HI?"));
    expect(await parts.notebook.text("nothing")).toBeUndefined();
    await eventually(async () => expect(await parts.notebook.shelf("copy").titles()).toEqual(["copy of d"]));
    const seen: string[] = [];
    expect(await parts.notebook.each(async (key) => void seen.push(key))).toBe(2);
    expect(seen.toSorted()).toEqual(["copy of d", "d"]);
  });

  test("tells its health, and stops", async () => {
    const { kernel } = await boot(place);
    expect((await kernel.health()).plugins["everything"]).toEqual({
      status: "degraded",
      reason: "It does too much.",
      details: { phases: ["boot", "start", "ready"] },
    });
    await kernel.stop();
    expect(kernel.log.lines).toContainEqual({
      level: "info",
      message: "stopping",
      fields: { plugin: "everything", phases: 3 },
    });
  });
}

function describeHooks(place: Place): void {
  test("taps points of all four kinds", async () => {
    const { kernel, parts } = await boot(place);
    await using _ = kernel;
    await expect(parts.guard.enforce({ text: "bad" })).rejects.toMatchObject({
      code: "CRM_HOOK_REFUSED",
      details: { plugin: "everything", reason: "bad words" },
    });
    expect(await parts.guard.decide({ text: "fine" })).toMatchObject({ denied: false, allows: 1 });
    expect(await parts.transform.apply({ text: "x" })).toEqual({ text: "x+" });
    expect(await parts.around.run({ text: " y " }, async ({ text }) => `[${text}]`)).toBe("<[y]>");
    await parts.observe.notify({ text: "z" });
    await eventually(() => expect(kernel.log.lines.map(({ message }) => message)).toContain("saw z"));
  });

  test("lets the error of what it wraps through as it is", async () => {
    const { kernel, parts } = await boot(place);
    await using _ = kernel;
    const error = new CrmError("CRM_TEST_INNER", "Inside.");
    await expect(parts.around.run({ text: "" }, () => Promise.reject(error))).rejects.toBe(error);
  });
}
