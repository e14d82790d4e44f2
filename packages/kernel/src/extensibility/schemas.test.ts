import { describe, expect, test } from "vitest";
import { z } from "zod";
import { everything } from "../infrastructure/criteria.ts";
import { type FieldDefinition, fieldDefinitionSchema, fieldTypeSchema } from "./field-definition.ts";
import { webhookDeliverySchema } from "./webhook-delivery.ts";
import { webhookSubscriptionSchema } from "./webhook-subscription.ts";

const field: FieldDefinition = {
  name: "shoeSize",
  label: "Shoe size",
  description: "",
  type: { kind: "number", min: 10, max: 60 },
  required: { inStates: ["qualified"] },
  unique: false,
  default: null,
  permissions: { read: null, write: "acme.shoes.write" },
  group: "Measures",
  order: 1,
  indexed: true,
  reportable: true,
};

describe("a field definition over HTTP", () => {
  test("comes through as it is", () => {
    expect(fieldDefinitionSchema.parse(field)).toEqual(field);
  });

  test.each(["Shoe", "shoe-size", "shoe.size", "__proto__", "", "a".repeat(61)])("is not named %j", (name) => {
    expect(fieldDefinitionSchema.safeParse({ ...field, name }).success).toBe(false);
  });

  test("offers each choice once", () => {
    const option = { value: "s", label: "S" };
    expect(fieldTypeSchema.safeParse({ kind: "choice", options: [option] }).success).toBe(true);
    expect(fieldTypeSchema.safeParse({ kind: "choice", options: [option, option] }).success).toBe(false);
    expect(fieldTypeSchema.safeParse({ kind: "choice", options: [] }).success).toBe(false);
  });
});

const subscription = {
  id: "s1",
  tenantId: "default",
  version: 1,
  createdAt: "2026-01-01T00:00:00.000Z",
  updatedAt: "2026-01-01T00:00:00.000Z",
  deletedAt: null,
  name: "Warehouse",
  url: "https://example.com/hooks",
  target: "http",
  topics: [{ topic: "lead.created", version: 1 }],
  criteria: everything,
  payload: "full",
  headers: { "x-source": "crm" },
  retry: "standard",
  ownerId: "u1",
  ordered: false,
  concurrency: 4,
  perSecond: 10,
  state: "active",
  reason: "",
  failingSince: null,
};

describe("a webhook subscription over HTTP", () => {
  test("comes through as it is", () => {
    expect(webhookSubscriptionSchema.parse(subscription)).toEqual(subscription);
  });

  test.each([{ "x a": "1" }, { "x-a": "1\r\nauthorization: stolen" }, { "x:a": "1" }])(
    "can't smuggle a header: %j",
    (headers) => {
      expect(webhookSubscriptionSchema.safeParse({ ...subscription, headers }).success).toBe(false);
    },
  );

  test("names at least one topic with a version", () => {
    expect(webhookSubscriptionSchema.safeParse({ ...subscription, topics: [] }).success).toBe(false);
    const topics = [{ topic: "lead.created", version: 0 }];
    expect(webhookSubscriptionSchema.safeParse({ ...subscription, topics }).success).toBe(false);
  });
});

test("what crosses HTTP has a JSON Schema", () => {
  for (const schema of [fieldDefinitionSchema, webhookSubscriptionSchema, webhookDeliverySchema]) {
    expect(z.toJSONSchema(schema)).toMatchObject({ type: "object" });
  }
});
