export { type VerifiedWebhook, type VerifyOptions, verifyWebhook } from "./verify-webhook.ts";
export { type InboxServices, type WebhookInbox, createWebhookInbox } from "./webhook-inbox.ts";
