import { executionContext } from "@crmessenger/kernel";
import { EventLog, type JsonObject, UnitOfWork } from "@crmessenger/kernel/infrastructure";
import { ChangeLeadStatus, GetLead, ListLeads, leadShape } from "@crmessenger/kernel/sales";
import { expect, test } from "vitest";
import { startSales } from "./sales-world.ts";
import { v1Plugin } from "./v1-plugin.ts";

test("a plugin written for version 1 goes on while everything around it is in version 2", async () => {
  const old = v1Plugin();
  await using world = await startSales({ plugins: [old.plugin] });
  const { kernel, clock } = world;
  const { id: contactId } = await world.contact();

  const created = await kernel.run(() => old.create(contactId));
  expect(created).toMatchObject({ status: "new", statusChangedAt: "2026-01-05T09:00:00.000Z" });
  expect(created).not.toHaveProperty("statusSince");
  const lead = await kernel.bus.ask(GetLead, { id: created.id });
  expect(lead).toEqual(leadShape.convert(created, 1, 2));

  await clock.advance(60_000);
  const moved = await kernel.bus.dispatch(ChangeLeadStatus, {
    id: lead.id,
    status: "disqualified",
    reason: "No budget",
  });
  expect(moved).toMatchObject({ statusSince: "2026-01-05T09:01:00.000Z", statusReason: "No budget" });
  await expect
    .poll(() => old.seen)
    .toEqual([
      { version: 1, lead: created },
      { version: 1, lead: leadShape.convert(moved, 2, 1) },
    ]);
  expect((await world.events()).filter(({ topic }) => topic.startsWith("lead.")).map(({ version }) => version)).toEqual(
    [2, 2],
  );

  expect(await kernel.run(() => old.unmovedSince("2026-01-05T09:00:00.000Z"))).toEqual([]);
  expect(await kernel.run(() => old.unmovedSince("2026-01-05T09:01:00.000Z"))).toEqual([
    leadShape.convert(moved, 2, 1),
  ]);
  expect(await kernel.bus.ask(ListLeads, {})).toEqual({ items: [moved] });
});

test("it gets what was logged in version 1 just as it was", async () => {
  const old = v1Plugin();
  await using world = await startSales({ plugins: [old.plugin] });
  const lead = leadShape.convert(await world.lead(), 2, 1);
  await expect.poll(() => old.seen).toHaveLength(1);
  const { kernel } = world;
  await kernel.run(() =>
    kernel.get(UnitOfWork).run(() => {
      const { tenantId, actor, correlationId, causationId } = executionContext();
      const event = {
        id: "01a1f7c3-fcd9-7001-8afc-2804626baf55",
        topic: "lead.created",
        version: 1,
        aggregate: { type: "lead", id: lead.id },
        payload: { lead } as unknown as JsonObject,
        occurredAt: lead.createdAt,
      };
      return kernel.get(EventLog).append([{ ...event, tenantId, actor, correlationId, causationId }]);
    }),
  );
  await expect
    .poll(() => old.seen)
    .toEqual([
      { version: 1, lead },
      { version: 1, lead },
    ]);
});

test("the reason of a move is in the audit and on the timeline, and goes with the next move", async () => {
  await using world = await startSales();
  const { bus } = world.kernel;
  const { id, contactId } = await world.lead();
  await bus.dispatch(ChangeLeadStatus, { id, status: "in-progress", reason: "Called\u0000 back" });
  expect((await world.timeline(contactId))[0]).toMatchObject({
    kind: "lead-status",
    data: { status: "in-progress", previousStatus: "new", reason: "Called\uFFFD back" },
  });
  expect((await world.audit("lead", id))[0]?.changes).toMatchObject({
    statusReason: { from: null, to: "Called\uFFFD back" },
  });
  expect(await bus.dispatch(ChangeLeadStatus, { id, status: "qualified" })).toMatchObject({ statusReason: null });
});
