import { defineEvent } from "@crmessenger/kernel";
import { z } from "zod";

const about = { subscriptionId: z.string(), name: z.string(), reason: z.string() };

/**
 * Nothing has been accepted for a part of the time after which the subscription is disabled: a half, 70 % and 90 %.
 * Aggregate: `webhook-subscription`.
 */
export const WebhookFailing = defineEvent("webhook.failing", {
  1: z.object({ ...about, failingSince: z.string(), stage: z.number().min(0).max(1) }),
});

/** Nothing is sent any more until somebody enables it. Aggregate: `webhook-subscription`. */
export const WebhookDisabled = defineEvent("webhook.disabled", { 1: z.object(about) });
