import { z } from "zod";

/** What an application tells the plugin about its amoCRM account. Secrets come from the environment instead. */
export const amoCrmOptions = z.strictObject({
  /** The account's address, such as `https://example.amocrm.ru`. */
  baseUrl: z.url({ protocol: /^https?$/ }).transform(withoutSlash),
  /** The chats API. `https://amojo.kommo.com` for Kommo. */
  chatsUrl: z
    .url({ protocol: /^https?$/ })
    .transform(withoutSlash)
    .default("https://amojo.amocrm.ru"),
  /** Where the owner of the account grants access. `https://www.kommo.com/oauth` for Kommo. */
  consentUrl: z.url({ protocol: /^https?$/ }).default("https://www.amocrm.ru/oauth"),
  /** The integration's id, and the redirect address that it is registered with. */
  clientId: z.string().min(1),
  redirectUri: z.url(),
  /** The chat channel that amoCRM's support registered. Its webhook is `<publicUrl>/hooks/amocrm/chats/:scope_id`. */
  channelId: z.string().min(1),
  /** The channel's bot, in whose name messages are shown that were written outside amoCRM. Without it: the owner's. */
  bot: z.strictObject({ id: z.string().min(1), name: z.string().min(1).default("CRMessenger") }).exactOptional(),
  /** Where amoCRM reaches this application. Without it amoCRM gets no files and is asked for changes instead of telling. */
  publicUrl: z
    .url({ protocol: /^https?$/ })
    .transform(withoutSlash)
    .exactOptional(),
  /** The pipeline for new leads. Without it the account's main one. */
  pipelineId: z.number().int().positive().exactOptional(),
  /** amoCRM's status for a lead's status here. Won and lost are known; what has no status there is not mirrored. */
  statuses: z.record(z.string(), z.number().int().positive()).default({}),
  /** amoCRM's user for a user's id here: who answers for a lead is mirrored for these. */
  users: z.record(z.string(), z.number().int().positive()).default({}),
  /** Whether a new contact is first looked for in amoCRM by its verified phone numbers. */
  matchContactsByPhone: z.boolean().default(true),
  /** REST requests a second for the account, over all processes. amoCRM blocks accounts that send more than 7. */
  requestsPerSecond: z.number().int().min(1).default(7),
  /** How often amoCRM is asked for answers that its hooks may have failed to tell, in milliseconds. */
  reconcileEveryMs: z.number().int().min(100).default(5_000),
  /** How often a blocked account is probed, in milliseconds. */
  blockedProbeMs: z.number().int().min(100).default(300_000),
  /** How long an answer of amoCRM is waited for, in milliseconds. */
  timeoutMs: z.number().int().min(100).default(20_000),
});

/** The options as the plugin uses them. */
export type AmoCrmOptions = z.output<typeof amoCrmOptions>;

function withoutSlash(url: string): string {
  return url.replace(/\/+$/u, "");
}
