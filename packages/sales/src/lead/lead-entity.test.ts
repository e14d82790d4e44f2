import type { Lead, LeadStates } from "@crmessenger/kernel/sales";
import { leadStates } from "@crmessenger/kernel/sales";
import { describe, expect, test } from "vitest";
import { LeadEntity } from "./lead-entity.ts";

const states: LeadStates = {
  state: (status) => leadStates.find((state) => state.status === status),
  canTransition: (from, to) => leadStates.find((state) => state.status === from)?.next.includes(to) ?? false,
  all: () => leadStates,
};
const at = "2026-01-05T09:00:00.000Z";
const later = "2026-01-05T10:00:00.000Z";
const record: Lead = {
  ...LeadEntity.draft(
    {
      id: "l1",
      title: "Coffee",
      contactId: "c1",
      source: { channel: "web-form" },
      ownerId: "u1",
      teamId: "t1",
      attributes: { size: "L", note: "x" },
    },
    at,
  ),
  tenantId: "default",
  version: 1,
  createdAt: at,
  updatedAt: at,
  deletedAt: null,
};
const lead = () => new LeadEntity(record, states);

test("a draft begins as new", () => {
  expect(record).toMatchObject({ status: "new", statusSince: at, statusReason: null, source: { channel: "web-form" } });
});

describe("transitions", () => {
  test("follow the table and remember when", () => {
    const entity = lead();
    entity.transitionTo("in-progress", later, "called");
    expect(entity.record).toMatchObject({ status: "in-progress", statusSince: later, statusReason: "called" });
    expect(record.status).toBe("new");
  });

  test.each(["qualified", "converted", "new", "unheard-of"])("from new to %s there is none", (status) => {
    expect(() => lead().transitionTo(status, later)).toThrowError(
      expect.objectContaining({
        code: "CRM_SALES_TRANSITION",
        status: 409,
        details: { from: "new", to: status, allowed: ["in-progress", "disqualified"] },
      }),
    );
  });

  test("nothing follows a final state", () => {
    const entity = lead();
    entity.transitionTo("disqualified", later);
    expect(() => entity.transitionTo("new", later)).toThrowError(/Nothing follows it: create a new lead/);
  });

  test("a state whose plugin is gone leads nowhere", () => {
    const entity = new LeadEntity({ ...record, status: "of-a-plugin" }, states);
    expect(() => entity.transitionTo("new", later)).toThrowError(
      expect.objectContaining({ code: "CRM_SALES_TRANSITION" }),
    );
  });
});

describe("assignment", () => {
  test("keeps the team unless another is named", () => {
    const entity = lead();
    entity.assignTo("u2");
    expect(entity.record).toMatchObject({ ownerId: "u2", teamId: "t1" });
    entity.assignTo(null, null);
    expect(entity.record).toMatchObject({ ownerId: null, teamId: null });
  });
});

test("custom fields are patched one by one, and null removes one", () => {
  const entity = lead();
  entity.setAttributes({ note: null, colour: "red", __proto__: "harmless" });
  entity.retitle("Tea");
  expect(entity.record).toMatchObject({ title: "Tea" });
  expect(entity.record.attributes).toEqual({ size: "L", colour: "red" });
});
