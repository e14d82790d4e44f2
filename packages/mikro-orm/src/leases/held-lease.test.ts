import { createTestClock } from "@crmessenger/testing";
import { expect, test } from "vitest";
import { HeldLease } from "./held-lease.ts";

function leaseOf(ttlMs: number) {
  const clock = createTestClock();
  let [renewals, givenUp] = [0, 0];
  const keeper = {
    clock,
    now: () => clock.now(),
    renew: () => void (renewals += 1),
    giveUp: async () => void (givenUp += 1),
  };
  const lease = new HeldLease({ name: "testing.lease", fencingToken: 4, ttlMs, since: clock.now() }, keeper);
  return { clock, lease, renewals: () => renewals, givenUp: () => givenUp };
}

test("asks for its renewal at a third of its time", async () => {
  const { clock, lease, renewals } = leaseOf(9_000);
  await clock.advance(2_999);
  expect(renewals()).toBe(0);
  await clock.advance(1);
  expect(renewals()).toBe(1);
  lease.extend(clock.now());
  await clock.advance(3_000);
  expect(renewals()).toBe(2);
});

test("is lost when it was not renewed in time, counted from when the renewal was sent", async () => {
  const { clock, lease } = leaseOf(9_000);
  const sent = clock.now() + 1_000;
  await clock.advance(4_000);
  lease.extend(sent);
  await clock.advance(5_999);
  expect(lease.isHeld).toBe(true);
  await clock.advance(1);
  expect(lease.signal.reason).toMatchObject({
    code: "CRM_LEASE_LOST",
    retryable: true,
    details: { lease: "testing.lease", fencingToken: 4 },
  });
  lease.extend(clock.now());
  expect(lease.isHeld).toBe(false);
});

test("is given back once, and neither renewed nor lost afterwards", async () => {
  const { clock, lease, renewals, givenUp } = leaseOf(9_000);
  await lease.release();
  await lease.release();
  await clock.advance(60_000);
  expect([renewals(), givenUp(), clock.pending]).toEqual([0, 1, 0]);
  expect(lease.signal.reason).toMatchObject({ code: "CRM_LEASE_RELEASED" });
});
