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
import { type Criteria, type CriteriaSubject, and, everything, matches, where } from "@crmessenger/kernel/infrastructure";
import { accountNotFound } from "../channels/account-errors.ts";
import type { CommunicationServices } from "../services.ts";

/** Everything that can be asked about conversations and channels. */
export function answers(services: CommunicationServices): readonly Handler[] {
  const conversationIn = async (id: string, scope: Criteria): Promise<Conversation> => {
    const conversation = await services.conversations.get(id);
    if (conversation && conversation.deletedAt === null && matches(scope, conversation as unknown as CriteriaSubject)) return conversation;
    throw new CrmError("CRM_COMMUNICATION_CONVERSATION_NOT_FOUND", `There is no conversation ${id}.`, { status: 404, details: { id } });
  };
  return [
    answer(GetConversation, ({ id }, { scope }) => conversationIn(id, scope)),
    answer(ListConversations, ({ criteria = everything, ...page }, { scope }) =>
      services.conversations.find(and(scope, criteria), { ...page, sort: [{ field: "lastMessageAt", direction: "desc" }] }),
    ),
    answer(ListMessages, async ({ conversationId, ...page }, { scope }) => {
      await conversationIn(conversationId, scope);
      return services.messages.find(where<Message>("conversationId").eq(conversationId), { ...page, sort: [{ field: "ordinal", direction: "asc" }] });
    }),
    answer(GetMessage, async ({ id }, { scope }) => {
      const message = await services.messages.get(id);
      if (message) await conversationIn(message.conversationId, scope);
      if (message) return message;
      throw new CrmError("CRM_COMMUNICATION_MESSAGE_NOT_FOUND", `There is no message ${id}.`, { status: 404, details: { id } });
    }),
    answer(GetTimeline, ({ contactId, ...page }) => services.timeline.of({ contactId }, page)),
    answer(GetChannelAccount, async ({ id }) => {
      const account = await services.accounts.get(id);
      if (account && account.deletedAt === null) return account;
      throw accountNotFound(id);
    }),
    answer(ListChannelAccounts, (page) => services.accounts.find(everything, page)),
  ];
}
