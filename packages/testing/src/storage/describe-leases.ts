import { expect } from "vitest";
import { eventually } from "../time/eventually.ts";
import type { StorageHarness } from "./storage-harness.ts";
import { type StorageSuite, describeOn } from "./storage-world.ts";

/** What every Leases promises. */
export function describeLeases(harness: StorageHarness): void {
  describeOn(harness, "Leases", (suite) => {
    holding(suite);
    waiting(suite);
    jumping(suite);
  });
}

function holding({ test }: StorageSuite): void {
  test("has one holder at a time and answers the rest at once", async (world) => {
    const name = world.unique("testing.lease");
    const lease = await world.leases.tryAcquire(name);
    expect(lease).toMatchObject({ name, fencingToken: expect.any(Number) });
    expect(lease?.signal.aborted).toBe(false);
    expect(await world.leases.tryAcquire(name)).toBeUndefined();
    await lease?.release();
  });

  test("gives it to exactly one of many that ask together", async (world) => {
    const name = world.unique("testing.lease");
    const leases = await Promise.all(Array.from({ length: 12 }, () => world.leases.tryAcquire(name)));
    const held = leases.filter((lease) => lease !== undefined);
    expect(held).toHaveLength(1);
    await held[0]?.release();
  });

  test("is free again after its release, which its signal tells, and counts its holders", async (world) => {
    const name = world.unique("testing.lease");
    const first = await world.leases.tryAcquire(name);
    await first?.release();
    await first?.release();
    expect(first?.signal.aborted).toBe(true);
    const second = await world.leases.tryAcquire(name);
    expect(second?.fencingToken).toBeGreaterThan(first?.fencingToken ?? Infinity);
    await first?.release();
    expect(await world.leases.tryAcquire(name)).toBeUndefined();
    expect(second?.signal.aborted).toBe(false);
    await second?.release();
  });

  test("keeps names apart, and is one for all tenants", async (world) => {
    const name = world.unique("testing.lease");
    const mine = await world.leases.tryAcquire(name);
    const other = await world.leases.tryAcquire(`${name}-2`);
    expect(other).toBeDefined();
    expect(await world.inTenant(world.unique("tenant"), () => world.leases.tryAcquire(name))).toBeUndefined();
    await mine?.release();
    await other?.release();
  });

  test("is renewed while its holder lives", async (world) => {
    const name = world.unique("testing.lease");
    const ttlMs = 300;
    const lease = await world.leases.acquire(name, { ttlMs });
    const until = world.clock.now() + 3 * ttlMs;
    while (world.clock.now() < until) {
      expect(await world.leases.tryAcquire(name, { ttlMs })).toBeUndefined();
      await world.clock.sleep(25);
    }
    expect(lease.signal.aborted).toBe(false);
    await lease.release();
  });

  test("asks for no unit of work and leaves the current one alone", async (world) => {
    const name = world.unique("testing.lease");
    const lease = await world.leases.tryAcquire(name);
    await expect(
      world.units.run(async () => {
        await world.settings.set("testing.undone", true);
        throw new Error("no");
      }),
    ).rejects.toThrow("no");
    expect(await world.leases.tryAcquire(name)).toBeUndefined();
    await lease?.release();
  });
}

function waiting({ test }: StorageSuite): void {
  test("hands it on to those that wait, one after another, with rising tokens", async (world) => {
    const name = world.unique("testing.lease");
    const tokens: number[] = [];
    let [now, most] = [0, 0];
    const hold = async () => {
      const lease = await world.leases.acquire(name, { ttlMs: 3_000 });
      most = Math.max(most, ++now);
      tokens.push(lease.fencingToken);
      await world.settings.get("testing.anything");
      now -= 1;
      await lease.release();
    };
    await Promise.all(Array.from({ length: 4 }, hold));
    expect(most).toBe(1);
    expect(tokens).toEqual(tokens.toSorted((a, b) => a - b));
    expect(new Set(tokens).size).toBe(4);
  });

  test("stops waiting when told to, with the reason, and does not take it afterwards", async (world) => {
    const name = world.unique("testing.lease");
    const lease = await world.leases.acquire(name);
    const controller = new AbortController();
    const waiting = world.leases.acquire(name, { signal: controller.signal });
    const reason = new Error("changed my mind");
    controller.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    await expect(world.leases.acquire(name, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    await lease.release();
    const next = await eventually(async () => {
      const taken = await world.leases.tryAcquire(name);
      if (!taken) throw new Error("still held");
      return taken;
    });
    await next.release();
  });
}

const HOUR_MS = 3_600_000;

function jumping({ test }: StorageSuite): void {
  test("stays with its holder, and with nobody for ever, however the time of day is set", async (world) => {
    const name = world.unique("testing.lease");
    const ttlMs = 400;
    const acquiring = world.leases.acquire(name, { ttlMs });
    world.jump(-HOUR_MS);
    const lease = await acquiring;
    for (const jump of [2 * HOUR_MS, -2 * HOUR_MS]) {
      world.jump(jump);
      const until = performance.now() + 1.25 * ttlMs;
      while (performance.now() < until) {
        expect(await world.leases.tryAcquire(name, { ttlMs })).toBeUndefined();
        await world.clock.sleep(25);
      }
    }
    expect(lease.signal.aborted).toBe(false);
    await lease.release();
    await eventually(async () => {
      const next = await world.leases.tryAcquire(name);
      expect(next).toBeDefined();
      await next?.release();
    });
  });
}
