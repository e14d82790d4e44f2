import { CrmError, type Handler, answer } from "@crmessenger/kernel";
import {
  type Conversation,
  GetChannelAccount,
  GetConversation,
  GetMessage,
  GetTimeline,
  ListChannelAccounts,
  ListConversations,
  ListMessages,
  type Message,
} from "@crmessenger/kernel/communication";
import {
  type Criteria,
  type CriteriaSubject,
  and,
  everything,
  matches,
  where,
} from "@crmessenger/kernel/infrastructure";
import { findAccount } from "../channels/find-account.ts";
import type { CommunicationServices } from "../services.ts";

/** Everything that can be asked about conversations and channels. What the caller may not see does not exist for them. */
export function answers(services: CommunicationServices): readonly Handler[] {
  return [
    answer(
      GetConversation,
      async ({ id }, { scope }) => (await findConversation(services, id, scope)) ?? notFound("conversation", id),
    ),
    answer(ListConversations, ({ criteria = everything, ...page }, { scope }) => {
      const sort = [{ field: "lastMessageAt", direction: "desc" }] as const;
      return services.conversations.find(and(scope, criteria), { ...page, sort });
    }),
    answer(ListMessages, async ({ conversationId, ...page }, { scope }) => {
      if (!(await findConversation(services, conversationId, scope))) return notFound("conversation", conversationId);
      const sort = [{ field: "ordinal", direction: "asc" }] as const;
      return services.messages.find(where<Message>("conversationId").eq(conversationId), { ...page, sort });
    }),
    answer(GetMessage, async ({ id }, { scope }) => {
      const message = await services.messages.get(id);
      const visible = message && (await findConversation(services, message.conversationId, scope));
      return visible ? message : notFound("message", id);
    }),
    answer(GetTimeline, async ({ contactId, ...page }, { scope }) => {
      const contact = await services.contacts.get(contactId);
      if (!contact || contact.deletedAt !== null || !isIn(scope, contact)) throw contactNotFound(contactId);
      return services.timeline.of({ contactId }, page);
    }),
    answer(GetChannelAccount, ({ id }, { scope }) => findAccount(services, id, scope)),
    answer(ListChannelAccounts, (page, { scope }) => services.accounts.find(scope, page)),
  ];
}

async function findConversation(
  services: CommunicationServices,
  id: string,
  scope: Criteria,
): Promise<Conversation | undefined> {
  const conversation = await services.conversations.get(id);
  return conversation && conversation.deletedAt === null && isIn(scope, conversation) ? conversation : undefined;
}

function isIn(scope: Criteria, record: object): boolean {
  return matches(scope, record as CriteriaSubject);
}

/** What is not there, or not for the caller: CRM_COMMUNICATION_CONVERSATION_NOT_FOUND, CRM_COMMUNICATION_MESSAGE_NOT_FOUND (404). */
const CODES = {
  conversation: "CRM_COMMUNICATION_CONVERSATION_NOT_FOUND",
  message: "CRM_COMMUNICATION_MESSAGE_NOT_FOUND",
} as const;

function notFound(what: keyof typeof CODES, id: string): never {
  throw new CrmError(CODES[what], `There is no ${what} ${id}.`, { status: 404, details: { id } });
}

/** As whoever owns contacts says it. */
function contactNotFound(id: string): CrmError {
  return new CrmError("CRM_SALES_NOT_FOUND", `There is no contact ${id}.`, {
    status: 404,
    details: { entity: "contact", id },
  });
}
