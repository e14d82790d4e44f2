import { Leases } from "@crmessenger/kernel/infrastructure";
import { createTestKernel } from "@crmessenger/testing";
import { expect, test } from "vitest";
import { memory } from "../plugin.ts";

test("takes every lease back when the kernel stops, and lets nobody wait for ever", async () => {
  const kernel = await createTestKernel({ plugins: [memory()] });
  const leases = kernel.get(Leases);
  const lease = await leases.acquire("testing.lease");
  const waiting = leases.acquire("testing.lease").catch((error: unknown) => error);
  await kernel.stop();
  expect(lease.signal.aborted).toBe(true);
  expect(await waiting).toMatchObject({ code: "CRM_LEASE_STOPPED" });
  await expect(leases.acquire("testing.lease")).rejects.toMatchObject({ code: "CRM_LEASE_STOPPED" });
});

test("passes the turn on when the one whose turn it is has just left", async () => {
  await using kernel = await createTestKernel({ plugins: [memory()] });
  const leases = kernel.get(Leases);
  const lease = await leases.acquire("testing.lease");
  const controller = new AbortController();
  const leaving = leases.acquire("testing.lease", { signal: controller.signal }).catch((error: unknown) => error);
  const staying = leases.acquire("testing.lease");
  void lease.release();
  controller.abort(new Error("left"));
  expect(await leaving).toMatchObject({ message: "left" });
  expect((await staying).fencingToken).toBe(lease.fencingToken + 1);
});
