import { describe, expect, onTestFinished, test, vi } from "vitest";
import { executionContext } from "../context/execution-context.ts";
import { contract } from "../contract.ts";
import { KernelView } from "./kernel-contracts.ts";
import { silentLogger } from "../infrastructure/logger.ts";
import { definePlugin, optional } from "../plugin/define-plugin.ts";
import type { Plugin } from "../plugin/plugin.ts";
import { type Kernel, type KernelOptions, createKernel } from "./create-kernel.ts";
import { type Diary, diarist, part } from "./plugins.test.fixture.ts";

const [a, b] = [part("a"), part("b")];

function start(plugins: readonly Plugin[], options: Partial<KernelOptions> = {}): Promise<Kernel> {
  return createKernel({ plugins, logger: silentLogger, ...options });
}

/** Three plugins, the later built on the earlier. */
function tower(diary: Diary, traits: Parameters<typeof diarist>[2] = {}): readonly Plugin[] {
  return [
    diarist(diary, "roof", { needs: [b] }),
    diarist(diary, "walls", { needs: [a], gives: [b], ...traits }),
    diarist(diary, "ground", { gives: [a] }),
  ];
}

const never = () => new Promise<void>(() => undefined);

describe("starting and stopping", () => {
  test("starts all, then tells all that they are ready, and stops in reverse order", async () => {
    const diary: Diary = [];
    const kernel = await start(tower(diary));
    await kernel.stop();
    const steps = (verb: string) => diary.filter((line) => line.startsWith(verb));
    expect(diary.filter((line) => !line.includes("got"))).toEqual([
      ...steps("boot"),
      ...steps("start"),
      ...steps("ready"),
      ...steps("stop"),
    ]);
    for (const verb of ["boot", "start", "ready"])
      expect(steps(verb)).toEqual([`${verb} ground`, `${verb} walls`, `${verb} roof`]);
    expect(steps("stop")).toEqual(["stop roof", "stop walls", "stop ground"]);
  });

  test("stops once, however often and by whatever way it is asked", async () => {
    const diary: Diary = [];
    {
      await using kernel = await start([diarist(diary, "one")]);
      await Promise.all([kernel.stop(), kernel.stop()]);
    }
    expect(diary.filter((line) => line === "stop one")).toHaveLength(1);
  });

  test("runs every phase as the plugin", async () => {
    const actors: string[] = [];
    const note = async () => void actors.push(`${executionContext().actor.kind} ${executionContext().actor.id}`);
    const kernel = await start([diarist([], "one", { wiring: { start: note, ready: note, stop: note } })]);
    await kernel.stop();
    expect(actors).toEqual(["plugin one", "plugin one", "plugin one"]);
  });

  test.each(["start", "ready"] as const)(
    "stops again what had started when a plugin's %s fails, and names it",
    async (phase) => {
      const diary: Diary = [];
      const cause = new Error("port 80 is taken");
      await expect(start(tower(diary, { wiring: { [phase]: () => Promise.reject(cause) } }))).rejects.toMatchObject({
        code: "CRM_PLUGIN_START",
        message: expect.stringMatching(/"walls" did not start.*port 80 is taken/),
        details: { plugin: "walls", phase },
        cause,
      });
      const stopped = phase === "start" ? ["stop walls", "stop ground"] : ["stop roof", "stop walls", "stop ground"];
      expect(diary.filter((line) => line.startsWith("stop"))).toEqual(stopped);
      expect(diary).not.toContain("ready roof");
    },
  );

  test("names a start that throws at once", async () => {
    const plugin = definePlugin({
      id: "hasty",
      version: "1.0.0",
      boot: () => ({
        start: () => {
          throw new Error("at once");
        },
      }),
    });
    await expect(start([plugin()])).rejects.toMatchObject({
      code: "CRM_PLUGIN_START",
      message: expect.stringMatching(/"hasty".*at once/),
    });
  });

  test("gives a plugin's start up at its deadline", async () => {
    const diary: Diary = [];
    await expect(start(tower(diary, { wiring: { start: never } }), { startDeadlineMs: 20 })).rejects.toMatchObject({
      code: "CRM_PLUGIN_START",
      message: expect.stringMatching(/"walls".*start within 20 ms/),
      details: { code: "CRM_KERNEL_DEADLINE" },
    });
    expect(diary).toContain("stop ground");
  });

  test("goes on without an optional plugin that does not start, and says so", async () => {
    const diary: Diary = [];
    const shaky = optional(
      diarist(diary, "shaky", { wiring: { start: () => Promise.reject(new Error("no network")) } }),
    );
    await using kernel = await start([shaky, diarist(diary, "solid")]);
    expect(diary).toContain("ready solid");
    expect(diary).not.toContain("ready shaky");
    expect(await kernel.health()).toMatchObject({
      status: "degraded",
      plugins: { shaky: { status: "down", reason: expect.stringContaining("no network") }, solid: { status: "up" } },
    });
  });

  test("stops the rest when one fails to stop or does not end, and then rejects", async () => {
    const diary: Diary = [];
    const failing = await start(tower(diary, { wiring: { stop: () => Promise.reject(new Error("file still open")) } }));
    await expect(failing.stop()).rejects.toMatchObject({ message: expect.stringContaining("file still open") });
    expect(diary).toContain("stop ground");
    const stuckDiary: Diary = [];
    const stuck = await start(tower(stuckDiary, { wiring: { stop: never } }), { stopDeadlineMs: 20 });
    await expect(stuck.stop()).rejects.toMatchObject({
      code: "CRM_KERNEL_DEADLINE",
      details: { plugin: "walls", phase: "stop", ms: 20 },
    });
    expect(stuckDiary).toContain("stop ground");
  });
});

describe("the kernel", () => {
  test("gives what plugins provide, and says when nobody does", async () => {
    await using kernel = await start([diarist([], "one", { gives: [a] })]);
    expect(kernel.get(a)).toBe("part0 of one");
    expect(() => kernel.get(contract("testing.nowhere", 1))).toThrow(
      expect.objectContaining({ code: "CRM_KERNEL_MISSING_CONTRACT", details: { contract: "testing.nowhere@1" } }),
    );
  });

  test("runs work as the system with a correlation of its own, or as asked", async () => {
    await using kernel = await start([]);
    const [one, other] = [
      await kernel.run(async () => executionContext()),
      await kernel.run(async () => executionContext(), { tenantId: "t1", locale: "lv" }),
    ];
    expect(one.actor.kind).toBe("system");
    expect(one.correlationId).not.toBe(other.correlationId);
    expect(other).toMatchObject({ tenantId: "t1", locale: "lv" });
  });

  test("inspects as plain data", async () => {
    const diary: Diary = [];
    await using kernel = await start(tower(diary));
    const inspection = kernel.inspect();
    expect(structuredClone(inspection)).toEqual(inspection);
    expect(inspection.plugins.map(({ id, status, deps, provides }) => ({ id, status, deps, provides }))).toEqual([
      { id: "ground", status: "started", deps: [], provides: ["testing.a@1"] },
      { id: "walls", status: "started", deps: ["testing.a@1"], provides: ["testing.b@1"] },
      { id: "roof", status: "started", deps: ["testing.b@1"], provides: [] },
    ]);
    expect(inspection.contracts).toMatchObject({
      "testing.a@1": "ground",
      "testing.b@1": "walls",
      "infrastructure.clock@1": "kernel",
    });
    expect(inspection.hooks.map(({ name }) => name)).toEqual(["kernel.operation", "kernel.operation-ended"]);
    expect(inspection.readyMs).toBeGreaterThan(0);
    await kernel.stop();
    expect(kernel.inspect().plugins.map(({ status }) => status)).toEqual(["stopped", "stopped", "stopped"]);
  });

  test("is ready between the last start and the stop, and shows itself to plugins", async () => {
    const seen: (boolean | string)[] = [];
    const shower = definePlugin({
      id: "shower",
      version: "1.0.0",
      deps: { view: KernelView },
      boot: ({ view }) => {
        seen.push(view.isReady());
        expect(() => view.inspect()).toThrow(expect.objectContaining({ code: "CRM_KERNEL_NOT_STARTED" }));
        return {
          start: async () => void seen.push(view.isReady()),
          ready: async () =>
            void seen.push(view.isReady(), view.inspect().plugins[0]?.id ?? "", (await view.health()).status),
          stop: async () => void seen.push(view.isReady()),
        };
      },
    });
    const kernel = await start([shower()]);
    await kernel.stop();
    expect(seen).toEqual([false, false, true, "shower", "up", false]);
  });
});

describe("health", () => {
  const health = (id: string, report: () => Promise<{ status: "up" | "degraded" | "down"; reason?: string }>): Plugin =>
    diarist([], id, { wiring: { health: report } });

  test("is the worst that matters", async () => {
    await using well = await start([health("one", async () => ({ status: "up" })), diarist([], "silent")]);
    expect(await well.health()).toEqual({ status: "up", plugins: { one: { status: "up" }, silent: { status: "up" } } });
    await using ailing = await start([health("one", async () => ({ status: "degraded", reason: "slow" }))]);
    expect((await ailing.health()).status).toBe("degraded");
    await using down = await start([
      health("one", async () => ({ status: "down", reason: "gone" })),
      diarist([], "silent"),
    ]);
    expect((await down.health()).status).toBe("down");
    await using without = await start([optional(health("one", async () => ({ status: "down" })))]);
    expect((await without.health()).status).toBe("degraded");
  });

  test("takes a plugin that throws, or does not answer, for one that is down", async () => {
    await using kernel = await start([
      health("throws", () => Promise.reject(new Error("no answer from the database"))),
      health("silent", () => new Promise(() => undefined)),
    ]);
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    onTestFinished(() => void vi.useRealTimers());
    const report = kernel.health();
    vi.advanceTimersByTime(2_000);
    expect(await report).toEqual({
      status: "down",
      plugins: {
        throws: { status: "down", reason: "no answer from the database" },
        silent: { status: "down", reason: expect.stringContaining("did not answer") },
      },
    });
  });
});
