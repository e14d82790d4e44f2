import { memory } from "@crmessenger/memory";
import { createTestClock, createTestKernel, eventually } from "@crmessenger/testing";
import { describe, expect, test } from "vitest";
import { type WorkerOptions, inWorker } from "../src/index.ts";
import { type Fault, Misbehave, faulty } from "./fixtures/faulty.ts";
import { Greet, neighbour } from "./neighbour.ts";

const module = new URL("./fixtures/faulty.ts", import.meta.url);

async function boot(options: Partial<WorkerOptions> = {}, pluginOptions: { atStart?: Fault; atBoot?: Fault } = {}) {
  const clock = createTestClock();
  const beside = neighbour();
  const placed = inWorker(faulty(pluginOptions), { module, memoryMb: 64, random: () => 1, ...options });
  const kernel = await createTestKernel({ plugins: [memory(), beside.plugin, placed], clock });
  const misbehave = (how: Fault) => kernel.bus.dispatch(Misbehave, { how });
  const isUp = () =>
    eventually(async () => {
      await clock.advance(1_000);
      expect((await kernel.health()).plugins["faulty"]).toEqual({ status: "up" });
    });
  return { clock, kernel, misbehave, isUp, hooks: beside.hooks(), greet: () => kernel.bus.dispatch(Greet, {}) };
}

const ENDS = [
  ["exit", "CRM_WORKER_EXITED"],
  ["loop", "CRM_WORKER_UNRESPONSIVE"],
  ["memory", "CRM_WORKER_MEMORY"],
  ["uncaught", "CRM_WORKER_UNCAUGHT"],
  ["garbage", "CRM_WORKER_PROTOCOL"],
] as const;

describe("a command in a worker", () => {
  test.each(ENDS)("that does %s fails with %s, and the plugin comes back", async (how, code) => {
    const { kernel, misbehave, isUp, greet } = await boot(how === "loop" ? { unresponsiveMs: 300 } : {});
    await using _ = kernel;
    const failed = misbehave(how).catch((error: unknown) => error);
    expect(await greet()).toEqual({ said: "hello" });
    expect(await failed).toMatchObject({
      code,
      message: expect.stringContaining('Plugin "faulty"') as string,
      details: { plugin: "faulty", operation: "faulty.plugin.misbehave" },
      retryable: true,
    });
    await expect(misbehave("none")).rejects.toMatchObject({ code: "CRM_WORKER_RESTARTING", status: 503 });
    expect(await kernel.health()).toMatchObject({ status: "degraded", plugins: { faulty: { status: "degraded" } } });
    await isUp();
    expect(await misbehave("none")).toEqual({ done: true });
  });

  test("that throws fails with what it threw, and the worker stays", async () => {
    const { kernel, misbehave } = await boot();
    await using _ = kernel;
    await expect(misbehave("throw")).rejects.toThrow("as always");
    expect(await misbehave("none")).toEqual({ done: true });
  });

  test("that answers what can't cross says so, and the worker stays", async () => {
    const { kernel, misbehave } = await boot();
    await using _ = kernel;
    await expect(misbehave("uncloneable")).rejects.toMatchObject({ code: "CRM_WORKER_CLONE" });
    expect(await misbehave("none")).toEqual({ done: true });
  });

  test("that does not answer in time fails with CRM_WORKER_DEADLINE, and the others go on", async () => {
    const { kernel, misbehave } = await boot({ callDeadlineMs: 100 });
    await using _ = kernel;
    await expect(misbehave("silent")).rejects.toMatchObject({
      code: "CRM_WORKER_DEADLINE",
      status: 504,
      details: { plugin: "faulty", operation: "faulty.plugin.misbehave", deadlineMs: 100 },
    });
    expect(await misbehave("none")).toEqual({ done: true });
  });
});

describe("hooks in a worker", () => {
  test.each([...ENDS.map(([how, code]) => [how, code, true] as const), ["throw", undefined, false] as const])(
    "that do %s refuse or abort what they are part of, and name the plugin and the hook",
    async (how, code, ends) => {
      const { kernel, hooks, isUp, greet } = await boot(how === "loop" ? { unresponsiveMs: 300 } : {});
      await using _ = kernel;
      const again = () => (ends ? isUp() : Promise.resolve());
      const failure = (point: string) => ({
        code: "CRM_HOOK_FAILED",
        message: expect.stringContaining(`Plugin "faulty" failed in ${point}`) as string,
        details: { plugin: "faulty", point, ...(code === undefined ? {} : { code }) },
      });
      await expect(hooks.guard.enforce(how)).rejects.toMatchObject({ code: "CRM_HOOK_REFUSED" });
      await again();
      await expect(hooks.transform.apply({ how })).rejects.toMatchObject(failure("faulty.transform"));
      await again();
      await expect(hooks.around.run(how, async () => "done")).rejects.toMatchObject(failure("faulty.around"));
      await again();
      await hooks.observe.notify(how);
      expect(kernel.log.lines.filter(({ fields }) => fields["point"] === "faulty.observe")).toMatchObject([
        { level: "error", fields: { code: code ?? "CRM_HOOK_FAILED", plugin: "faulty" } },
      ]);
      expect(await greet()).toEqual({ said: "hello" });
    },
  );
});

describe("a plugin whose worker keeps ending", () => {
  test("is started again ever more slowly, then put into quarantine", async () => {
    const { kernel, clock, misbehave, isUp, greet } = await boot({ restart: { maxCrashes: 3, minDelayMs: 2_000 } });
    await using _ = kernel;
    const waits: number[] = [];
    for (let crash = 1; crash < 3; crash += 1) {
      await misbehave("exit").catch(() => {});
      const refused = (await misbehave("none").catch((error: unknown) => error)) as { retryAfterMs: number };
      waits.push(refused.retryAfterMs);
      await isUp();
    }
    expect(waits).toEqual([2_000, 4_000]);
    await misbehave("exit").catch(() => {});
    await expect(misbehave("none")).rejects.toMatchObject({
      code: "CRM_WORKER_QUARANTINED",
      retryable: false,
      details: { plugin: "faulty", code: "CRM_WORKER_EXITED" },
    });
    await clock.advance(3_600_000);
    expect((await kernel.health()).plugins["faulty"]).toMatchObject({
      status: "down",
      reason: expect.stringContaining("in quarantine") as string,
    });
    expect(await greet()).toEqual({ said: "hello" });
    await kernel.disable("faulty");
    await kernel.enable("faulty");
    expect(await misbehave("none")).toEqual({ done: true });
  });

  test("is forgiven what it did before it was up for a while", async () => {
    const { kernel, clock, misbehave, isUp } = await boot({ restart: { maxCrashes: 2 } });
    await using _ = kernel;
    for (let crash = 0; crash < 3; crash += 1) {
      await misbehave("exit").catch(() => {});
      await isUp();
      await clock.advance(60_000);
    }
    expect(await misbehave("none")).toEqual({ done: true });
  });
});

describe("a plugin that can't start", () => {
  test.each([
    ["exit", "CRM_WORKER_EXITED"],
    ["memory", "CRM_WORKER_MEMORY"],
    ["loop", "CRM_WORKER_DEADLINE"],
  ] as const)("because its boot does %s makes the boot fail with %s", async (how, code) => {
    const startDeadlineMs = how === "loop" ? 1_000 : 20_000;
    await expect(boot({ startDeadlineMs }, { atBoot: how })).rejects.toMatchObject({
      code: "CRM_PLUGIN_BOOT",
      details: { plugin: "faulty", code },
    });
  });

  test("because its start ends the worker makes the start fail", async () => {
    await expect(boot({}, { atStart: "exit" })).rejects.toMatchObject({
      code: "CRM_PLUGIN_START",
      details: { plugin: "faulty", code: "CRM_WORKER_EXITED" },
    });
  });
});
