import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { definePlugin } from "@crmessenger/kernel";
import { Leases } from "@crmessenger/kernel/infrastructure";
import { memory } from "@crmessenger/memory";
import { createTestClock, createTestKernel, eventually } from "@crmessenger/testing";
import { expect, test } from "vitest";
import { inWorker } from "../src/index.ts";
import { type PROBES, Probe, bell, eager, probe } from "./fixtures/probe.ts";

const module = new URL("./fixtures/probe.ts", import.meta.url);

async function boot() {
  const clock = createTestClock();
  const kernel = await createTestKernel({
    plugins: [memory(), inWorker(probe(), { module, random: () => 0 })],
    environment: { SECRET: "s3cret" },
    clock,
  });
  const ask = (what: (typeof PROBES)[number]) => kernel.bus.ask(Probe, { what });
  const pid = async () => (await ask("process"))["pid"] as number;
  return { kernel, clock, ask, pid };
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

test("a worker has nothing in its environment and no arguments", async () => {
  const { kernel, ask } = await boot();
  await using _ = kernel;
  expect(await ask("process")).toEqual({ env: {}, pid: expect.any(Number) as number, argv: 2 });
});

test("what a worker writes to its output is logged as its plugin's", async () => {
  const { kernel, ask } = await boot();
  await using _ = kernel;
  await ask("speak");
  await eventually(() =>
    expect(kernel.log.lines).toEqual(
      expect.arrayContaining([
        { level: "info", message: "said", fields: { plugin: "probe", stream: "stdout" } },
        { level: "warn", message: "shouted", fields: { plugin: "probe", stream: "stderr" } },
      ]),
    ),
  );
});

test("a worker asks the kernel what must be answered at once", async () => {
  const { kernel, ask } = await boot();
  await using _ = kernel;
  expect(await ask("operations")).toMatchObject({ names: expect.arrayContaining(["probe.self.ask"]) as string[] });
  expect(await ask("absent")).toEqual({ has: { actions: false, normaliser: false } });
});

test("a unit of work that has ended is over in a worker too", async () => {
  const { kernel, ask } = await boot();
  await using _ = kernel;
  expect(await ask("late")).toEqual({ code: "CRM_UOW_CLOSED" });
});

test("the process is gone when the kernel has stopped", async () => {
  const { kernel, pid } = await boot();
  const running = await pid();
  expect(isRunning(running)).toBe(true);
  await kernel.stop();
  expect(isRunning(running)).toBe(false);
});

test("a worker that loops for ever ends with a kernel that is killed", async () => {
  const script = fileURLToPath(new URL("./fixtures/dying-kernel.ts", import.meta.url));
  const kernel = spawn(process.execPath, ["--conditions=@crmessenger/source", script]);
  const pid = Number(await text(kernel.stdout));
  expect(pid).toBeGreaterThan(0);
  await eventually(() => expect(isRunning(pid)).toBe(false));
});

test("after a restart the plugin starts again, and what the old process held is free", async () => {
  const { kernel, clock, ask } = await boot();
  await using _ = kernel;
  expect(await kernel.get(Leases).tryAcquire("probe")).toBeUndefined();
  await ask("exit").catch(() => {});
  await clock.advance(200);
  await eventually(async () => expect(await ask("start-count")).toMatchObject({ count: 2 }));
  expect(await kernel.get(Leases).tryAcquire("probe")).toBeUndefined();
  await kernel.stop();
});

test("a program whose boot fails beside a worker lives to say why", async () => {
  const script = fileURLToPath(new URL("./fixtures/refused-kernel.ts", import.meta.url));
  const program = spawn(process.execPath, ["--conditions=@crmessenger/source", script]);
  const [said, [status]] = await Promise.all([text(program.stdout), once(program, "exit")]);
  expect([said, status]).toEqual([expect.stringContaining("not today"), 0]);
});

test("a boot that fails leaves no process behind", async () => {
  const broken = definePlugin({
    id: "broken",
    version: "1.0.0",
    boot: () => {
      throw new Error("not today");
    },
  });
  let pid = 0;
  const watching = inWorker(probe(), { module });
  const placement = watching.placement;
  const plugin = {
    ...watching,
    placement: {
      name: "worker",
      async prepare(...given: Parameters<NonNullable<typeof placement>["prepare"]>) {
        const placed = await placement?.prepare(...given);
        if (!placed) throw new Error("It has no placement.");
        const before = placed.release.bind(placed);
        return { ...placed, release: () => before().then(() => void (pid += 1)) };
      },
    },
  };
  await expect(createTestKernel({ plugins: [memory(), plugin, broken()] })).rejects.toMatchObject({
    code: "CRM_PLUGIN_BOOT",
    details: { plugin: "broken" },
  });
  expect(pid).toBe(1);
});

test.each([
  ["whose module does not export it", { plugin: inWorker(memory(), { module }), code: "CRM_WORKER_MODULE" }],
  [
    "whose module can't be loaded",
    { plugin: inWorker(probe(), { module: "file:///nowhere.ts" }), code: "CRM_WORKER_MODULE" },
  ],
  ["that the kernel needs at once", { plugin: inWorker(bell(), { module }), code: "CRM_WORKER_CONTRACT" }],
  ["that asks while it boots", { plugin: inWorker(eager(), { module }), code: "CRM_WORKER_BOOTING" }],
])("a plugin %s is refused", async (_, { plugin, code }) => {
  const plugins = plugin.definition.id === "memory" ? [plugin] : [memory(), plugin];
  await expect(createTestKernel({ plugins })).rejects.toMatchObject({ code: "CRM_PLUGIN_BOOT", details: { code } });
});

test("options that are no plain data are refused", async () => {
  const plugin = { ...inWorker(probe(), { module }), options: {} };
  const prepared = plugin.placement?.prepare(plugin, { callback: () => {} }, {} as never);
  await expect(prepared).rejects.toMatchObject({ code: "CRM_WORKER_OPTIONS" });
});
