import { describe, expect, expectTypeOf, test } from "vitest";
import { z } from "zod";
import { createKernel } from "../boot/create-kernel.ts";
import { silentLogger } from "../infrastructure/logger.ts";
import { definePlugin } from "../plugin/define-plugin.ts";
import { ProbeStorage } from "../probe-storage.test.fixture.ts";
import { type Handler, answer, handle } from "./handler.ts";
import { KernelHooks } from "./kernel-hooks.ts";
import { type Operation, defineCommand, defineQuery, operationAt, operationVersions } from "./operation.ts";

const description = "Rings.";
const permission = "testing.bell.ring";

/** Version 1 rang some times and told the sound, version 2 may be loud, version 3 calls the sound a tone. */
const Ring = defineCommand({
  name: "testing.bell.ring",
  version: 3,
  description,
  permission,
  input: z.object({ count: z.number().int().min(1), loud: z.boolean().default(false) }),
  output: z.object({ tone: z.string(), loud: z.boolean() }),
  earlier: {
    1: {
      input: z.object({ times: z.number().int().default(1) }),
      output: z.object({ sound: z.string() }),
      up: ({ times }: { times: number }) => ({ count: times, loud: false }),
      down: ({ sound }: { sound: string; loud: boolean }) => ({ sound }),
      restore: ({ sound }: { sound: string }) => ({ sound, loud: false }),
    },
    2: {
      input: z.object({ count: z.number().int(), loud: z.boolean().default(false) }),
      output: z.object({ sound: z.string(), loud: z.boolean() }),
      http: { method: "POST", path: "/ring" },
      up: (input: { count: number; loud: boolean }) => input,
      down: ({ tone, loud }: { tone: string; loud: boolean }) => ({ sound: tone, loud }),
      restore: ({ sound, loud }: { sound: string; loud: boolean }) => ({ tone: sound, loud }),
    },
  },
});

/** The same command as it was while version 1 was the current one: what an older application ran. */
const RingOf1 = defineCommand({
  name: Ring.name,
  description,
  permission,
  input: Ring.at(1).input,
  output: Ring.at(1).output,
});

async function start(handlers: readonly Handler[], storage = new ProbeStorage(), seen: unknown[] = []) {
  const plugin = definePlugin({
    id: "bell",
    version: "1.0.0",
    boot: () => ({ handlers }),
    extend: (taps) =>
      void taps.tap(KernelHooks.operation, (call, next) => {
        seen.push({ version: call.operation.version, input: call.input });
        return next(call);
      }),
  });
  const kernel = await createKernel({ plugins: [plugin(), storage.plugin()], logger: silentLogger, environment: {} });
  return { bus: kernel.bus, storage, seen, [Symbol.asyncDispose]: () => kernel.stop() };
}

const ring = (rung: number[] = []) =>
  handle(Ring, async ({ count, loud }) => {
    rung.push(count);
    return { tone: "ding ".repeat(count).trim(), loud };
  });

describe("a caller of an earlier version", () => {
  test("gives and gets what that version says", async () => {
    await using world = await start([ring()]);
    expect(await world.bus.dispatch(Ring.at(1), { times: 2 })).toEqual({ sound: "ding ding" });
    expect(await world.bus.dispatch(Ring.at(2), { count: 1, loud: true })).toEqual({ sound: "ding", loud: true });
    expect(await world.bus.dispatch(Ring.at(3), { count: 1, loud: true })).toEqual({ tone: "ding", loud: true });
    expect(await world.bus.execute(Ring.at(1) as never, {})).toEqual({ sound: "ding" });
  });

  test("is served by its number alone, even with a copy that knows no other version", async () => {
    await using world = await start([ring()]);
    expect(await world.bus.dispatch(RingOf1, { times: 2 })).toEqual({ sound: "ding ding" });
  });

  test("goes unnoticed by hooks and handlers: they see the current version", async () => {
    await using world = await start([ring()]);
    await world.bus.dispatch(Ring.at(1), { times: 2 });
    expect(world.seen).toEqual([{ version: 3, input: { count: 2, loud: false } }]);
  });

  test("is told what does not fit, by its own version and by the current one", async () => {
    await using world = await start([ring()]);
    await expect(world.bus.execute(Ring.at(1) as never, { times: "two" })).rejects.toMatchObject({
      code: "CRM_BUS_INVALID_INPUT",
      details: { issues: [{ path: "times" }] },
    });
    await expect(world.bus.dispatch(Ring.at(1), { times: 0 })).rejects.toMatchObject({
      code: "CRM_BUS_INVALID_INPUT",
      details: { issues: [{ path: "count" }] },
    });
  });

  test("asks queries in the same way", async () => {
    const Listen = defineQuery({
      name: "testing.bell.listen",
      version: 2,
      description,
      permission: null,
      input: z.object({}),
      output: z.object({ heard: z.number() }),
      earlier: {
        1: {
          input: z.object({}),
          output: z.object({ heard: z.boolean() }),
          up: (input: Record<string, never>) => input,
          down: ({ heard }: { heard: number }) => ({ heard: heard > 0 }),
        },
      },
    });
    await using world = await start([answer(Listen, async () => ({ heard: 2 }))]);
    expect(await world.bus.ask(Listen.at(1), {})).toEqual({ heard: true });
    expect(await world.bus.ask(Listen, {})).toEqual({ heard: 2 });
  });

  test("of a version that the application lacks hears both numbers", async () => {
    await using world = await start([handle(RingOf1, async () => ({ sound: "ding" }))]);
    await expect(world.bus.dispatch(Ring, { count: 1, loud: false })).rejects.toMatchObject({
      code: "CRM_BUS_VERSION",
      status: 501,
      message: "testing.bell.ring was asked for in version 3, and this application serves 1.",
      details: { operation: "testing.bell.ring", version: 3, versions: [1] },
    });
  });
});

describe("an idempotency key", () => {
  const options = { idempotencyKey: "k" };

  test("holds across versions: a repetition gets the first answer in its own version", async () => {
    const rung: number[] = [];
    await using world = await start([ring(rung)]);
    expect(await world.bus.dispatch(Ring.at(1), { times: 2 }, options)).toEqual({ sound: "ding ding" });
    expect(await world.bus.dispatch(Ring.at(1), { times: 2 }, options)).toEqual({ sound: "ding ding" });
    expect(await world.bus.dispatch(Ring, { count: 2, loud: false }, options)).toEqual({
      tone: "ding ding",
      loud: false,
    });
    expect(rung).toEqual([2]);
    await expect(world.bus.dispatch(Ring.at(1), { times: 3 }, options)).rejects.toMatchObject({
      code: "CRM_IDEMPOTENCY_MISMATCH",
    });
    await expect(world.bus.dispatch(Ring, { count: 2, loud: true }, options)).rejects.toMatchObject({
      code: "CRM_IDEMPOTENCY_MISMATCH",
    });
  });

  test("holds across an update of the application: what was answered in version 1 is answered so again", async () => {
    const storage = new ProbeStorage();
    const rung: number[] = [];
    {
      await using before = await start([handle(RingOf1, async ({ times }) => ({ sound: `${times} rings` }))], storage);
      expect(await before.bus.dispatch(RingOf1, { times: 2 }, options)).toEqual({ sound: "2 rings" });
    }
    await using after = await start([ring(rung)], storage);
    expect(await after.bus.dispatch(Ring.at(1), { times: 2 }, options)).toEqual({ sound: "2 rings" });
    await expect(after.bus.dispatch(Ring.at(1), { times: 3 }, options)).rejects.toMatchObject({
      code: "CRM_IDEMPOTENCY_MISMATCH",
    });
    expect(rung).toEqual([]);
  });

  test("keeps answers of first versions as they always were", async () => {
    await using world = await start([handle(RingOf1, async () => ({ sound: "ding" }))]);
    await world.bus.dispatch(RingOf1, { times: 1 }, options);
    expect([...world.storage.answers.values()].map(({ output }) => output)).toEqual([{ sound: "ding" }]);
  });
});

describe("a definition", () => {
  const operation = Ring as unknown as Operation;

  test("gives a contract for each version", () => {
    expect(operationVersions(operation)).toEqual([1, 2, 3]);
    expect(Ring.at(1)).toMatchObject({ version: 1, name: Ring.name, permission, http: Ring.http, kind: "command" });
    expect(operationAt(operation, 2).http).toEqual({ method: "POST", path: "/ring" });
    expect(operationAt(operationAt(operation, 2), 1).version).toBe(1);
    expect(operationAt(operation, 3)).toBe(operation);
    expect(() => Ring.at(4 as 3)).toThrowError(/asked for in version 4, and this application serves 1, 2, 3/);
    expect(() => operationAt(operationAt(operation, 1), 2)).toThrowError(/serves 1\./);
  });

  test("is refused when a version between is missing, or can't be one", () => {
    const shape = { name: Ring.name, description, permission, input: Ring.input, output: Ring.output };
    const same = <T>(value: T) => value;
    const version = { input: Ring.input, output: Ring.output, up: same, down: same };
    expect(() => defineCommand({ ...shape, version: 3, earlier: { 1: version } })).toThrowError(
      /is in version 3 and needs version 2/,
    );
    expect(() => defineCommand({ ...shape, version: 2, earlier: { 2: version } })).toThrow(TypeError);
    expect(() => defineCommand({ ...shape, version: 2, earlier: { 1: version, 5: version } })).toThrowError(
      /5 can't be/,
    );
  });

  test("knows the types of its versions", () => {
    expectTypeOf<Parameters<typeof Ring.at>[0]>().toEqualTypeOf<1 | 2 | 3>();
    expectTypeOf(Ring.at(1).input).toEqualTypeOf<z.ZodType<{ times: number }>>();
    expectTypeOf(Ring.at(3).output).toEqualTypeOf<z.ZodType<{ tone: string; loud: boolean }>>();
  });
});
