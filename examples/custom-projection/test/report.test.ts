import { analytics } from "@crmessenger/analytics";
import { AnalyticsEngine } from "@crmessenger/kernel/analytics";
import { everything } from "@crmessenger/kernel/infrastructure";
import { ChangeLeadStatus, CreateContact, CreateLead } from "@crmessenger/kernel/sales";
import { mikroOrm } from "@crmessenger/mikro-orm";
import { sales } from "@crmessenger/sales";
import { createTestKernel, eventually } from "@crmessenger/testing";
import { expect, test } from "vitest";
import { leadSteps } from "../src/index.ts";

const STARTING_MS = 60_000; // of an embedded PostgreSQL, on a busy machine

test("a report tells the steps of leads by channel", { timeout: STARTING_MS }, async () => {
  await using kernel = await createTestKernel({ plugins: [mikroOrm(), sales(), analytics(), leadSteps()] });
  const person = { name: "Ada", identities: [], ownerId: null, attributes: {} };
  const { contact } = await kernel.bus.dispatch(CreateContact, person);
  const lead = await kernel.bus.dispatch(CreateLead, {
    title: "A question",
    contactId: contact.id,
    source: { channel: "telegram" },
    ownerId: null,
    teamId: null,
    attributes: {},
  });
  for (const status of ["in-progress", "qualified"])
    await kernel.bus.dispatch(ChangeLeadStatus, { id: lead.id, status });

  const report = () =>
    kernel.run(() =>
      kernel.get(AnalyticsEngine).buildReport({
        metrics: ["lead-steps.steps"],
        dimensions: [{ name: "lead-steps.channel" }],
        criteria: everything,
        period: null,
        comparison: null,
        having: everything,
        sort: [],
        limit: 10,
        timeZone: "UTC",
      }),
    );
  await eventually(async () => expect((await report()).rows).toEqual([["telegram", 2]]));
});
