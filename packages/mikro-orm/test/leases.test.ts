import { eventually } from "@crmessenger/testing";
import { describe, expect, test } from "vitest";
import { places, postgresPlace, servicesOn, sharedServices } from "./places.ts";

for (const [name, create] of Object.entries(places)) {
  describe(`Leases on ${name}`, () => {
    const shared = sharedServices(create);

    test("tell their holder when somebody else has them", async () => {
      const { leases, database } = shared();
      const lease = await leases.acquire("testing.stolen", { ttlMs: 600 });
      await database.query(
        "update leases set token = token + 1, expires_at = now() + interval '1 hour' where name = $1",
        [lease.name],
      );
      await eventually(() =>
        expect(lease.signal.reason).toMatchObject({
          code: "CRM_LEASE_LOST",
          retryable: true,
          details: { lease: "testing.stolen", fencingToken: 1 },
        }),
      );
      await lease.release();
      expect(await leases.tryAcquire("testing.stolen")).toBeUndefined();
    });

    test("have nothing to do with a unit of work", async () => {
      const { leases, unitOfWork, database } = shared();
      const inside = unitOfWork.run(async () => {
        await database.query("select 1");
        await leases.tryAcquire("testing.inside");
      });
      await expect(inside).rejects.toMatchObject({ code: "CRM_UOW_NESTED_OUTSIDE" });
      expect(await leases.tryAcquire("testing.inside")).toBeDefined();
    });

    test("end with the storage", async () => {
      const services = await servicesOn(await create());
      const lease = await services.leases.acquire("testing.ended");
      await services.stop();
      expect(lease.signal.reason).toMatchObject({ code: "CRM_LEASE_RELEASED" });
    });
  });
}

describe("Leases of several processes on PostgreSQL 15", () => {
  test("stay with a process that lost its connections, as long as it lives", async () => {
    const place = await postgresPlace();
    const [holder, other] = [await servicesOn(place), await servicesOn(place)];
    const lease = await holder.leases.acquire("testing.kept");
    const { rows } = await other.database.query<{ backend_pid: number }>(
      "select backend_pid from processes where id = $1::uuid",
      [holder.leases.presence.id],
    );
    const connection = rows[0]?.backend_pid;
    await other.database.query("select pg_terminate_backend($1::int)", [connection]);
    await eventually(async () => {
      const { rows } = await other.database.query<{ backend_pid: number }>(
        "select backend_pid from processes where id = $1::uuid",
        [holder.leases.presence.id],
      );
      expect(rows[0]?.backend_pid).not.toBe(connection);
    });
    expect(await other.leases.tryAcquire("testing.kept")).toBeUndefined();
    expect(lease.signal.aborted).toBe(false);
  });

  test("know who else is there", async () => {
    const place = await postgresPlace();
    const first = await servicesOn(place);
    expect(first.leases.presence.hasCompany).toBe(false);
    const second = await servicesOn(place);
    await eventually(() =>
      expect([first, second].map(({ leases }) => leases.presence.hasCompany)).toEqual([true, true]),
    );
    await second.stop();
    await eventually(() => expect(first.leases.presence.hasCompany).toBe(false));
  });
});
