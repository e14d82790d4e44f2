import type { ChatMessage } from "../chats/chat-records.ts";
import type { World } from "../world/world.ts";
import type { FormValue } from "./form.ts";

/** A chat message in a webhook; the lead's keys are absent for a chat without one. */
export function formMessage(world: World, message: ChatMessage | undefined, baseUrl: string): FormValue | undefined {
  if (message === undefined) return undefined;
  const { chat, media } = message;
  const lead = chat.contactId === undefined ? undefined : world.openLeadOf(chat.contactId);
  const external = message.author.kind === "client";
  return {
    id: message.id,
    chat_id: chat.id,
    talk_id: chat.talkId,
    contact_id: chat.contactId,
    text: message.text,
    created_at: Math.floor(message.msecTimestamp / 1000),
    ...(lead === undefined ? {} : { element_type: 2, entity_type: "lead", element_id: lead.id, entity_id: lead.id }),
    type: message.direction === "in" ? "incoming" : "outgoing",
    author: {
      id: message.author.id,
      type: external ? "external" : message.author.kind === "manager" ? "user" : "internal",
      name: message.author.name,
      ...(external && chat.client.avatar !== "" ? { avatar_url: chat.client.avatar } : {}),
    },
    origin: chat.scope.channel.code,
    ...(media === undefined
      ? {}
      : {
          attachment: {
            type: message.type,
            link: media.state === "stored" ? `${baseUrl}${media.path}` : media.url,
            file_name: media.fileName,
          },
        }),
  };
}

/** A talk in a webhook. */
export function formTalk(world: World, id: number): FormValue | undefined {
  const talk = world.talks.get(id);
  if (talk === undefined) return undefined;
  return {
    talk_id: talk.id,
    created_at: talk.createdAt,
    updated_at: talk.updatedAt,
    rate: 0,
    contact_id: talk.contactId ?? "",
    chat_id: talk.chatId,
    ...(talk.leadId === undefined ? {} : { entity_id: talk.leadId, entity_type: "lead" }),
    is_in_work: talk.isInWork,
    is_read: talk.isRead,
    origin: talk.origin,
  };
}

/** An unsorted request in a webhook. */
export function formUnsorted(world: World, uid: string, action: "add" | "update" | "delete"): FormValue | undefined {
  const unsorted = world.unsorted.get(uid);
  if (unsorted === undefined) return undefined;
  const { leadId, contactId, createdAt } = unsorted;
  if (action === "delete") {
    const declined = unsorted.state === "declined";
    return {
      action: declined ? "decline" : "accept",
      uid,
      category: "chats",
      created_at: createdAt,
      ...(declined
        ? { decline_result: { leads: [leadId] } }
        : { accept_result: { leads: [leadId], contacts: [contactId] } }),
    };
  }
  return {
    uid,
    category: "chats",
    account_id: world.account.id,
    source: unsorted.sourceName,
    pipeline_id: unsorted.pipelineId,
    source_data: { from: unsorted.from, service: unsorted.service, origin: { chat_id: unsorted.chatId } },
    data: { leads: [{ id: leadId, date_create: createdAt }], contacts: [{ id: contactId, name: unsorted.from }] },
    date_create: createdAt,
  };
}

/** A task in a webhook: its times are texts, in UTC. */
export function formTask(world: World, id: number): FormValue | undefined {
  const task = world.tasks.get(id);
  if (task === undefined) return undefined;
  const text = (seconds: number): string => new Date(seconds * 1000).toISOString().slice(0, 19).replace("T", " ");
  const elementTypes = { leads: 2, contacts: 1, companies: 3 };
  return {
    id: task.id,
    element_id: task.entityId ?? "",
    element_type: task.entityType === undefined ? "" : elementTypes[task.entityType],
    task_type: task.taskTypeId,
    date_create: text(task.createdAt),
    text: task.text,
    status: task.isCompleted,
    account_id: world.account.id,
    created_user_id: task.createdBy,
    last_modified: text(task.updatedAt),
    responsible_user_id: task.responsibleUserId,
    complete_till: text(task.completeTill),
    action_close: task.isCompleted,
    ...(task.resultText === undefined ? {} : { result: { text: task.resultText } }),
  };
}
