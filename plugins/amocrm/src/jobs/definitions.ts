import { defineJob } from "@crmessenger/kernel/infrastructure";
import { z } from "zod";
import { linkKind } from "../links/entity-links.ts";

const failures = z.number().int().nonnegative().default(0);

/** Tells amoCRM what happened in a conversation. Key: the conversation's id. */
export const SyncConversation = defineJob("amocrm.sync-conversation", {
  data: z.object({ conversationId: z.string(), failures }),
  concurrency: 16,
});

/** Makes contacts, leads and chats for conversations that wait for them. One run at a time: its key is constant. */
export const Provision = defineJob("amocrm.provision", { data: z.object({ failures }), concurrency: 1 });

/** Sends on what managers wrote in a chat. Key: amoCRM's id of the chat. */
export const TakeAnswers = defineJob("amocrm.take-answers", {
  data: z.object({ chatId: z.string(), failures }),
  concurrency: 16,
});

/** Writes changes of a contact or lead to amoCRM. Key: kind and id. */
export const PushEntity = defineJob("amocrm.push-entity", {
  data: z.object({ kind: linkKind, id: z.string(), failures }),
  concurrency: 4,
});

/** Reads contacts or leads that changed in amoCRM. Key: the kind. */
export const PullEntities = defineJob("amocrm.pull-entities", {
  data: z.object({ kind: linkKind, failures }),
  concurrency: 2,
});

/** Looks for what hooks failed to tell, again and again. One run at a time. */
export const Reconcile = defineJob("amocrm.reconcile", { data: z.object({ failures }), concurrency: 1 });

/** Asks whether a blocked account is let in again. One run at a time. */
export const ProbeBlocked = defineJob("amocrm.probe-blocked", { data: z.object({ failures }), concurrency: 1 });

/** The key of jobs of which there is only one. */
export const ONLY = "only";
