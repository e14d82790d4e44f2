import { systemActor } from "@crmessenger/kernel";
import type { StoredEvent } from "@crmessenger/kernel/infrastructure";
import { LeadCreated, LeadStatusChanged } from "@crmessenger/kernel/sales";
import { describeProjection } from "@crmessenger/testing";
import { leads } from "../src/index.ts";

const created = (id: string, channel: string) => ({ topic: LeadCreated.topic, id, channel, status: "new" });
const moved = (id: string, channel: string, status: string) => ({
  topic: LeadStatusChanged.topic,
  id,
  channel,
  status,
});

/** As the event log holds it. */
const history = (): readonly StoredEvent[] =>
  [
    created("anna", "telegram"),
    created("boris", "web-form"),
    moved("anna", "telegram", "in-progress"),
    created("clara", "telegram"),
    moved("boris", "web-form", "disqualified"),
    moved("anna", "telegram", "qualified"),
  ].map(({ topic, id, channel, status }, index) => ({
    id: `event-${index}`,
    topic,
    version: 1,
    aggregate: { type: "lead", id },
    payload: { lead: { id, createdAt: TIME, source: { channel }, status, ownerId: null, teamId: null } },
    tenantId: "default",
    actor: systemActor,
    correlationId: `correlation-${index}`,
    causationId: null,
    occurredAt: TIME,
    position: index + 1,
  }));

const TIME = "2026-01-02T03:04:05.006Z";

// Rows follow from the events alone, however these come: in batches of any size, again, or of several leads at once.
describeProjection({ name: "template-name", projection: leads, history });
