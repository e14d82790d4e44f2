import { defineCommand, defineQuery } from "@crmessenger/kernel";
import { webhookDeliverySchema, webhookSettings, webhookSubscriptionSchema } from "@crmessenger/kernel/extensibility";
import { criteriaSchema, pageOf, pageRequestFields } from "@crmessenger/kernel/infrastructure";
import { z } from "zod";

const id = z.string().min(1).max(200);
const scheme = z.enum(["v1", "v1a"]);

const fields = {
  ...webhookSettings,
  /** Which names and values can be sent is said by a refusal of its own. */
  headers: z.record(z.string().max(100), z.string().max(1_000)),
};

/** What a receiver verifies deliveries with. */
const secret = z.string();

export const CreateSubscription = defineCommand({
  name: "webhooks.subscription.create",
  description: "Subscribes an address to topics. The secret that its receiver verifies with is shown this once.",
  input: z.object({
    ...fields,
    target: fields.target.default("http"),
    criteria: criteriaSchema.default({ op: "and", all: [] }),
    payload: fields.payload.default("full"),
    headers: fields.headers.default({}),
    retry: fields.retry.default("standard"),
    ordered: fields.ordered.default(false),
    concurrency: fields.concurrency.default(10),
    perSecond: fields.perSecond.default(100),
    /** `v1`: a shared secret; `v1a`: a key pair, of which the receiver gets the public half. */
    signature: scheme.default("v1"),
    /** Whose access bounds what is sent: the caller's own. Only those who act for no user name one. */
    ownerId: id.exactOptional(),
  }),
  output: z.object({ subscription: webhookSubscriptionSchema, secret }),
  secrets: ["secret"],
  permission: "webhooks.subscription.manage",
  http: { method: "POST", path: "/webhooks", status: 201 },
});

export const UpdateSubscription = defineCommand({
  name: "webhooks.subscription.update",
  description: "Changes a subscription. A user who sends it elsewhere becomes its owner.",
  input: z.object({
    id,
    ...Object.fromEntries(Object.entries(fields).map(([name, schema]) => [name, schema.exactOptional()])),
  } as { id: typeof id } & { [K in keyof typeof fields]: z.ZodExactOptional<(typeof fields)[K]> }),
  output: webhookSubscriptionSchema,
  permission: "webhooks.subscription.manage",
  http: { method: "PATCH", path: "/webhooks/:id" },
});

const manage = (verb: string, description: string, path: string) =>
  defineCommand({
    name: `webhooks.subscription.${verb}`,
    description,
    input: z.object({ id }),
    output: webhookSubscriptionSchema,
    permission: "webhooks.subscription.manage",
    http: { method: "POST", path },
  });

export const EnableSubscription = manage("enable", "Sends again, and forgets past failures.", "/webhooks/:id/enable");
export const DisableSubscription = manage(
  "disable",
  "Sends nothing more; what waits is dropped.",
  "/webhooks/:id/disable",
);

export const DeleteSubscription = defineCommand({
  name: "webhooks.subscription.delete",
  description: "Ends a subscription; what waits for it is dropped.",
  input: z.object({ id }),
  output: z.object({}),
  permission: "webhooks.subscription.manage",
  http: { method: "DELETE", path: "/webhooks/:id" },
});

export const RotateSecret = defineCommand({
  name: "webhooks.secret.rotate",
  description: "Makes another secret, shown this once. Until the overlap ends, deliveries are signed with both.",
  input: z.object({ id, signature: scheme.exactOptional() }),
  output: z.object({ secret, overlapUntil: z.string() }),
  secrets: ["secret"],
  permission: "webhooks.subscription.manage",
  http: { method: "POST", path: "/webhooks/:id/rotate-secret" },
});

export const GetSubscription = defineQuery({
  name: "webhooks.subscription.get",
  description: "One subscription.",
  input: z.object({ id }),
  output: webhookSubscriptionSchema,
  permission: "webhooks.subscription.read",
  http: { method: "GET", path: "/webhooks/:id" },
});

export const ListSubscriptions = defineQuery({
  name: "webhooks.subscription.list",
  description: "The subscriptions that the caller may see, newest first.",
  input: z.object(pageRequestFields),
  output: pageOf(webhookSubscriptionSchema),
  permission: "webhooks.subscription.read",
  http: { method: "GET", path: "/webhooks" },
});

export const ListDeliveries = defineQuery({
  name: "webhooks.delivery.list",
  description: "The delivery log of a subscription, newest first.",
  input: z.object({
    id,
    ...pageRequestFields,
    status: z.enum(["pending", "delivered", "exhausted", "dropped"]).exactOptional(),
    topic: z.string().max(200).exactOptional(),
    eventId: id.exactOptional(),
    /** Recorded at or after this moment. */
    since: z.string().max(40).exactOptional(),
  }),
  output: pageOf(webhookDeliverySchema),
  permission: "webhooks.subscription.read",
  http: { method: "GET", path: "/webhooks/:id/deliveries" },
});

const figures = z.object({
  subscriptionId: id,
  delivered: z.number(),
  exhausted: z.number(),
  dropped: z.number(),
  /** What can be sent now and is not yet; counted up to 500. */
  waiting: z.number(),
  attempts: z.number(),
  /** Of an attempt, on average. */
  milliseconds: z.number(),
  lastDeliveredAt: z.string().nullable(),
  failingSince: z.string().nullable(),
});

export const GetFigures = defineQuery({
  name: "webhooks.subscription.figures",
  description: "What a subscription was sent, and how it went.",
  input: z.object({ id }),
  output: figures,
  permission: "webhooks.subscription.read",
  http: { method: "GET", path: "/webhooks/:id/figures" },
});

export const ResendDelivery = defineCommand({
  name: "webhooks.delivery.resend",
  description: "Sends a delivery once more, under an id of its own.",
  input: z.object({ id }),
  output: webhookDeliverySchema,
  permission: "webhooks.delivery.send",
  http: { method: "POST", path: "/webhook-deliveries/:id/resend", status: 202 },
});

export const ReplayEvents = defineCommand({
  name: "webhooks.delivery.replay",
  description: "Sends the events of a range of the log once more, as far as the subscription wants them.",
  input: z.object({ id, after: z.number().int().nonnegative(), upTo: z.number().int().nonnegative() }),
  output: z.object({ recorded: z.number() }),
  permission: "webhooks.delivery.send",
  http: { method: "POST", path: "/webhooks/:id/replay", status: 202 },
});

export const SendTestEvent = defineCommand({
  name: "webhooks.delivery.test",
  description: "Sends a made-up event of a topic now, once, and answers with what came back.",
  input: z.object({ id, topic: z.string().max(200) }),
  output: webhookDeliverySchema,
  permission: "webhooks.delivery.send",
  http: { method: "POST", path: "/webhooks/:id/test" },
});
