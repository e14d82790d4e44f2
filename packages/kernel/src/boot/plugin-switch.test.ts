import { describe, expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { answer } from "../bus/handler.ts";
import { defineEvent } from "../bus/event-definition.ts";
import { defineQuery } from "../bus/operation.ts";
import { transformPoint } from "../hooks/hook-point.ts";
import { defineJob } from "../infrastructure/jobs.ts";
import { json } from "../http/route.ts";
import { RecordingLog } from "./recording-log.test.fixture.ts";
import { definePlugin } from "../plugin/define-plugin.ts";
import { type Plugin, work } from "../plugin/plugin.ts";
import { ProbeStorage } from "../probe-storage.test.fixture.ts";
import { type Kernel, createKernel } from "./create-kernel.ts";
import { KernelView, RouteTable } from "./kernel-contracts.ts";
import { type Diary, diarist, part } from "./plugins.test.fixture.ts";

const point = transformPoint<string>("testing.greeting");
const Greet = defineQuery({
  name: "testing.greeting.get",
  description: "Greets.",
  input: z.object({ name: z.string() }),
  output: z.string(),
  permission: null,
});
const Rang = defineEvent("bell.rang", { 1: z.object({}) });
const Polish = defineJob("bell.polish", { data: z.object({}) });

async function start(...plugins: readonly Plugin[]): Promise<{ kernel: Kernel; log: RecordingLog }> {
  const log = new RecordingLog();
  const kernel = await createKernel({ plugins, logger: log.logger, stopDeadlineMs: 200 });
  onTestFinished(() => kernel.stop());
  return { kernel, log };
}

/** Answers `Greet` with what the taps make of "Hello, …". */
const host = definePlugin({
  id: "host",
  version: "1.0.0",
  hooks: [point],
  boot: (_, { hook }) => ({ handlers: [answer(Greet, ({ name }) => hook(point).apply(`Hello, ${name}`))] }),
});

/** Adds its suffix. */
const guest = (id: string, suffix: string, gate: Promise<void> = Promise.resolve()) =>
  definePlugin({
    id,
    version: "1.0.0",
    extend: (taps) =>
      taps.tap(point, async (text) => {
        await gate;
        return text + suffix;
      }),
    boot: () => ({
      routes: [{ method: "GET", path: `/${id}`, authentication: "none", handle: async () => json(200, {}) }],
    }),
  })();

const greet = (kernel: Kernel) => kernel.bus.ask(Greet, { name: "Ann" });
const statusOf = (kernel: Kernel, id: string) => kernel.inspect().plugins.find((plugin) => plugin.id === id)?.status;
const routes = (kernel: Kernel) =>
  kernel
    .get(RouteTable)
    .routes()
    .map(({ path }) => path);

describe("a disabled plugin", () => {
  test("has no taps, routes and operations until it is enabled again", async () => {
    const { kernel } = await start(host(), guest("shout", "!"), guest("ask", "?"));
    expect(await greet(kernel)).toBe("Hello, Ann!?");
    await kernel.disable("shout");
    expect(await greet(kernel)).toBe("Hello, Ann?");
    expect([routes(kernel), statusOf(kernel, "shout")]).toEqual([["/ask"], "disabled"]);
    await kernel.disable("host");
    await expect(greet(kernel)).rejects.toMatchObject({ code: "CRM_BUS_NO_HANDLER" });
    await kernel.enable("shout");
    await kernel.enable("host");
    expect(await greet(kernel)).toBe("Hello, Ann!?");
    expect([routes(kernel).toSorted(), statusOf(kernel, "shout")]).toEqual([["/ask", "/shout"], "started"]);
  });

  test("gets no events and no jobs", async () => {
    const storage = new ProbeStorage();
    const bell = definePlugin({
      id: "bell",
      version: "1.0.0",
      boot: () => ({ jobs: [work(Polish, async () => undefined)] }),
      subscribe: (events) => void events.on(Rang, async () => undefined),
    });
    const { kernel } = await start(storage.plugin(), bell());
    await kernel.disable("bell");
    expect(storage.stopped.toSorted()).toEqual(["subscription bell.main", "worker bell.polish"]);
    await kernel.enable("bell");
    expect(storage.subscriptions.map(({ name }) => name)).toEqual(["bell.main", "bell.main"]);
  });

  test("is stopped once what it has in hand is finished", async () => {
    const gate = Promise.withResolvers<void>();
    const diary: Diary = [];
    const { kernel } = await start(host(), guest("slow", "…", gate.promise), diarist(diary, "other"));
    const begun = greet(kernel).then((text) => diary.push(text));
    const gone = kernel.disable("slow").then(() => diary.push("disabled"));
    await new Promise((resolve) => setImmediate(resolve));
    expect(await greet(kernel)).toBe("Hello, Ann");
    gate.resolve();
    await Promise.all([begun, gone]);
    expect(diary.slice(-2)).toEqual(["Hello, Ann…", "disabled"]);
  });

  test("does not wait for ever for what it has in hand", async () => {
    const { kernel, log } = await start(host(), guest("stuck", "…", new Promise(() => undefined)));
    const begun = greet(kernel).catch(() => "given up");
    await kernel.disable("stuck");
    expect(statusOf(kernel, "stuck")).toBe("disabled");
    expect(log.lines).toContainEqual(expect.stringMatching(/"stuck" did not finish its stop within 200 ms/));
    void begun;
  });

  test("is not one that others need; those who can do without are restarted", async () => {
    const diary: Diary = [];
    const a = part("a");
    const { kernel } = await start(
      diarist(diary, "ground", { gives: [a] }),
      diarist(diary, "roof", { needs: [a] }),
      diarist(diary, "moss", { likes: [a] }),
      diarist(diary, "bird"),
    );
    await expect(kernel.disable("ground")).rejects.toMatchObject({
      code: "CRM_KERNEL_PLUGIN_NEEDED",
      status: 409,
      message: expect.stringMatching(/"ground".*"roof" needs testing\.a@1/),
    });
    await kernel.disable("roof");
    diary.length = 0;
    await kernel.disable("ground");
    expect(diary).toEqual(["boot moss", "stop moss", "stop ground", "start moss", "ready moss"]);
    diary.length = 0;
    await kernel.enable("ground");
    expect(diary).toContain("moss got part0 of ground");
    expect(diary).not.toContain("stop bird");
  });

  test("can be disabled or enabled twice, and has to exist", async () => {
    const { kernel } = await start(host());
    await kernel.disable("host");
    await kernel.disable("host");
    await kernel.enable("host");
    await kernel.enable("host");
    for (const change of [kernel.disable, kernel.enable])
      await expect(change("ghost")).rejects.toMatchObject({ code: "CRM_KERNEL_UNKNOWN_PLUGIN", status: 404 });
  });

  test("stays disabled when it can't be enabled", async () => {
    let broken = false;
    const plugin = definePlugin({
      id: "moody",
      version: "1.0.0",
      boot: () => ({ start: () => (broken ? Promise.reject(new Error("not today")) : Promise.resolve()) }),
    });
    const { kernel } = await start(plugin());
    await kernel.disable("moody");
    broken = true;
    await expect(kernel.enable("moody")).rejects.toMatchObject({ code: "CRM_PLUGIN_START" });
    expect(statusOf(kernel, "moody")).toBe("disabled");
    broken = false;
    await kernel.enable("moody");
    expect(statusOf(kernel, "moody")).toBe("started");
  });
});

describe("a reload", () => {
  test("replaces the plugin, restarts those that hold its services, and leaves the others alone", async () => {
    const diary: Diary = [];
    const [a, b] = [part("a"), part("b")];
    const { kernel } = await start(
      diarist(diary, "ground", { gives: [a] }),
      diarist(diary, "walls", { needs: [a], gives: [b] }),
      diarist(diary, "roof", { needs: [b] }),
      diarist(diary, "bird"),
    );
    diary.length = 0;
    await kernel.reload(diarist(diary, "walls", { needs: [a], gives: [b] }));
    expect(diary.filter((line) => !line.includes("got"))).toEqual([
      "boot walls",
      "boot roof",
      "stop roof",
      "stop walls",
      "start walls",
      "start roof",
      "ready walls",
      "ready roof",
    ]);
  });

  test("tells those who watch, and lets new operations wait for nothing but the new plugin", async () => {
    const gate = Promise.withResolvers<void>();
    const { kernel } = await start(host(), guest("shout", "!"));
    const seen: (string | undefined)[] = [];
    const forget = kernel.get(KernelView).watch(() => seen.push(statusOf(kernel, "host")));
    const slow = definePlugin({
      id: "host",
      version: "2.0.0",
      hooks: [point],
      boot: () => ({ start: () => gate.promise, handlers: [answer(Greet, async ({ name }) => `Hi, ${name}`)] }),
    });
    const reloaded = kernel.reload(slow());
    gate.resolve();
    await reloaded;
    expect([await greet(kernel), seen]).toEqual(["Hi, Ann", ["started"]]);
    forget();
    await kernel.reload(host());
    expect(seen).toHaveLength(1);
  });

  test.each<[string, Plugin]>([
    [
      "boot",
      definePlugin({
        id: "shout",
        version: "2.0.0",
        boot: () => {
          throw new Error("typo");
        },
      })(),
    ],
    [
      "options",
      definePlugin({ id: "shout", version: "2.0.0", options: z.object({ volume: z.number() }) })({} as never),
    ],
    ["a dependency", diarist([], "shout", { needs: [part("nothing")] })],
    [
      "a tap",
      definePlugin({
        id: "shout",
        version: "2.0.0",
        extend: (taps) => taps.tap(transformPoint<string>("testing.nowhere"), () => undefined),
      })(),
    ],
    [
      "start",
      definePlugin({
        id: "shout",
        version: "2.0.0",
        boot: () => ({ start: () => Promise.reject(new Error("typo")) }),
      })(),
    ],
  ])("with a broken %s leaves the old one running", async (_, broken) => {
    const { kernel } = await start(host(), guest("shout", "!"));
    await expect(kernel.reload(broken)).rejects.toMatchObject({ message: expect.stringContaining('"shout"') });
    expect([await greet(kernel), statusOf(kernel, "shout")]).toEqual(["Hello, Ann!", "started"]);
  });

  test("of a disabled plugin takes effect when it is enabled", async () => {
    const { kernel } = await start(host(), guest("shout", "!"));
    await kernel.disable("shout");
    await kernel.reload(guest("shout", "!!!"));
    expect(await greet(kernel)).toBe("Hello, Ann");
    await kernel.enable("shout");
    expect(await greet(kernel)).toBe("Hello, Ann!!!");
  });

  test("and other changes go one after another, and the stop comes last", async () => {
    const diary: Diary = [];
    const { kernel } = await start(diarist(diary, "one"), diarist(diary, "two"));
    diary.length = 0;
    const changes = [kernel.disable("one"), kernel.reload(diarist(diary, "two")), kernel.enable("one")];
    await kernel.stop();
    await Promise.all(changes);
    expect(diary.filter((line) => /^(start|stop)/.test(line))).toEqual([
      "stop one",
      "stop two",
      "start two",
      "start one",
      "stop two",
      "stop one",
    ]);
  });
});

test("a kernel that is not started shows its plugins and holds nothing", async () => {
  const diary: Diary = [];
  const kernel = await createKernel({ plugins: [diarist(diary, "one")], start: false });
  expect(kernel.inspect().plugins).toEqual([expect.objectContaining({ id: "one", status: "booted" })]);
  await kernel.stop();
  expect(diary).toEqual(["boot one"]);
});
