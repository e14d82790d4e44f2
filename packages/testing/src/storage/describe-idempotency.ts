import { type IdempotencyClaim } from "@crmessenger/kernel/infrastructure";
import { expect } from "vitest";
import { createFaultPlan } from "../faults/fault-plan.ts";
import { newContact } from "./sample-records.ts";
import type { StorageHarness } from "./storage-harness.ts";
import { type StorageWorld, describeOn } from "./storage-world.ts";

/** What every Idempotency promises. */
export function describeIdempotency(harness: StorageHarness): void {
  const claimOf = (world: StorageWorld, changes: Partial<IdempotencyClaim> = {}): IdempotencyClaim => ({
    tenantId: world.tenantId,
    actor: "user:1",
    operation: "sales.lead.create",
    key: "key-1",
    inputHash: "hash-1",
    ...changes,
  });
  const call = (world: StorageWorld, claim: IdempotencyClaim, output: string) =>
    world.units.run(async () => {
      const earlier = await world.idempotency.claim(claim);
      if (earlier) return { again: true, output: earlier.output };
      await world.idempotency.complete(claim, { output, list: [null, 1] });
      return { again: false, output };
    });

  describeOn(harness, "Idempotency", ({ test }) => {
    test("answers a repeated claim with the first answer", async (world) => {
      expect(await call(world, claimOf(world), "first")).toEqual({ again: false, output: "first" });
      expect(await call(world, claimOf(world), "second")).toEqual({
        again: true,
        output: { output: "first", list: [null, 1] },
      });
    });

    test("refuses another input under the same key", async (world) => {
      await call(world, claimOf(world), "first");
      await expect(call(world, claimOf(world, { inputHash: "hash-2" }), "second")).rejects.toMatchObject({
        code: "CRM_IDEMPOTENCY_MISMATCH",
        status: 422,
      });
    });

    test("keeps tenants, actors, operations and keys apart", async (world) => {
      await call(world, claimOf(world), "first");
      for (const change of [
        { tenantId: world.unique("tenant") },
        { actor: "user:2" },
        { operation: "sales.lead.update" },
        { key: "key-2" },
      ]) {
        expect(await call(world, claimOf(world, change), "other")).toMatchObject({ again: false });
      }
    });

    test("forgets a claim whose unit of work was rolled back", async (world) => {
      const undone = world.units.run(async () => {
        await world.idempotency.claim(claimOf(world));
        await world.idempotency.complete(claimOf(world), "never");
        throw new Error("no");
      });
      await expect(undone).rejects.toThrow("no");
      expect(await call(world, claimOf(world), "real")).toMatchObject({ again: false });
    });

    test("lets concurrent repetitions wait for the first and share its answer", async (world) => {
      const answers = await Promise.all(
        Array.from({ length: 6 }, (_, index) => call(world, claimOf(world), `caller ${index}`)),
      );
      const [first] = answers.filter(({ again }) => !again);
      expect(answers.filter(({ again }) => !again)).toHaveLength(1);
      for (const answer of answers) if (answer.again) expect(answer.output).toMatchObject({ output: first?.output });
    });

    test("lets the next of the waiting ones try when the first fails", async (world) => {
      let calls = 0;
      const attempt = () =>
        world.units.run(async () => {
          const earlier = await world.idempotency.claim(claimOf(world));
          if (earlier) return earlier.output;
          calls += 1;
          if (calls === 1) throw new Error("the first fails");
          await world.idempotency.complete(claimOf(world), "second try");
          return "second try";
        });
      const results = await Promise.allSettled([attempt(), attempt(), attempt()]);
      expect(results.filter(({ status }) => status === "rejected")).toHaveLength(1);
      expect(calls).toBe(2);
    });

    test("makes a call once that dies at any point and is repeated", async (world) => {
      for (const point of ["claimed", "worked", "completed", "committed"]) {
        const claim = claimOf(world, { key: point });
        const contact = newContact(world);
        const plan = createFaultPlan();
        const attempt = async () => {
          const answer = await world.units.run(async () => {
            const earlier = await world.idempotency.claim(claim);
            plan.pass("claimed");
            if (earlier) return { again: true, output: earlier.output };
            await world.contacts.insert(contact);
            plan.pass("worked");
            await world.idempotency.complete(claim, point);
            plan.pass("completed");
            return { again: false, output: point };
          });
          plan.pass("committed");
          return answer;
        };
        plan.crash(point);
        await expect(attempt()).rejects.toMatchObject({ code: "CRM_TEST_CRASH" });
        expect((await world.contacts.get(contact.id)) !== undefined).toBe(point === "committed");
        plan.restart();
        expect(await attempt()).toEqual({ again: point === "committed", output: point });
        expect(await world.contacts.get(contact.id)).toMatchObject({ version: 1 });
      }
    });
  });
}
