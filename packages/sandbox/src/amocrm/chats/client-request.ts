import { randomBytes } from "node:crypto";
import { createContact } from "../rest/contact-draft.ts";
import { createLead } from "../rest/lead-draft.ts";
import type { Change } from "../world/change.ts";
import type { ContactRecord, FieldValue, SourceRecord, TalkRecord } from "../world/records.ts";
import type { World } from "../world/world.ts";
import type { ChatDirectory } from "./chat-directory.ts";
import type { ChatMessage, ChatRecord } from "./chat-records.ts";

/** Users amoCRM itself acts as are shown as 0. */
const ROBOT = 0;

/**
 * What amoCRM does about a client's message in its CRM part: a chat that belongs to no contact gets a contact and an
 * unsorted lead of its own, one whose contact has no open lead gets an unsorted lead, and a talk is opened.
 */
export function takeClientMessage(world: World, chats: ChatDirectory, message: ChatMessage): Change[] {
  const { chat } = message;
  const changes: Change[] = [];
  if (!message.silent) {
    const contactId = chat.contactId;
    if (contactId === undefined || world.openLeadOf(contactId) === undefined) {
      changes.push(...openUnsorted(world, chats, message));
    } else if (chat.unsortedUid !== undefined) {
      const unsorted = world.unsorted.get(chat.unsortedUid);
      if (unsorted !== undefined) unsorted.lastMessageText = message.text;
    }
  }
  changes.push(openTalk(world, chat));
  return changes;
}

function openUnsorted(world: World, chats: ChatDirectory, message: ChatMessage): Change[] {
  const { chat } = message;
  const source = sourceOf(world, chat);
  const pipeline = world.pipelines.get(source?.pipelineId ?? -1) ?? world.mainPipeline;
  const uid = randomBytes(30).toString("hex");
  const known = chat.contactId === undefined ? undefined : world.contacts.get(chat.contactId);
  const contact = known ?? contactOfClient(world, chat, uid);
  const lead = createLead(
    world,
    {
      name: `Заявка из чата: ${chat.client.name}`,
      pipelineId: pipeline.id,
      statusId: world.unsortedStatus(pipeline).id,
      responsibleUserId: world.owner.id,
      sourceId: source?.id,
      contacts: [{ id: contact.id, isMain: true }],
    },
    ROBOT,
  );
  lead.unsortedUid = uid;
  world.unsorted.set(uid, {
    uid,
    chatId: chat.id,
    leadId: lead.id,
    contactId: contact.id,
    pipelineId: pipeline.id,
    createdAt: world.seconds(),
    sourceName: source?.name ?? chat.scope.title,
    from: chat.client.name,
    service: chat.scope.channel.code,
    lastMessageText: message.text,
    state: "open",
  });
  chat.unsortedUid = uid;
  chats.bind(chat, contact.id);
  return [{ entity: "unsorted", action: "add", id: uid }];
}

function contactOfClient(world: World, chat: ChatRecord, uid: string): ContactRecord {
  const fields = new Map<number, readonly FieldValue[]>();
  for (const [code, value] of [
    ["PHONE", chat.client.phone],
    ["EMAIL", chat.client.email],
  ] as const) {
    const field = world.field("contacts", { code });
    const choice = field?.enums?.[0];
    if (value !== "" && field !== undefined && choice !== undefined)
      fields.set(field.id, [{ value, enum_id: choice.id }]);
  }
  const contact = createContact(world, { name: chat.client.name, responsibleUserId: world.owner.id, fields }, ROBOT);
  contact.unsortedUid = uid;
  return contact;
}

function sourceOf(world: World, chat: ChatRecord): SourceRecord | undefined {
  const { clientUuid } = chat.scope.channel;
  const usable = [...world.sources.values()].filter(
    (source) => clientUuid === undefined || source.integrationId === clientUuid,
  );
  const named = usable.find((source) => source.externalId === chat.sourceExternalId);
  return named ?? usable.find((source) => source.isDefault);
}

function openTalk(world: World, chat: ChatRecord): Change {
  const known = chat.talkId === undefined ? undefined : world.talks.get(chat.talkId);
  const leadId = chat.contactId === undefined ? undefined : world.openLeadOf(chat.contactId)?.id;
  if (known?.isInWork === true) {
    Object.assign(known, { contactId: chat.contactId, leadId, isRead: false, updatedAt: world.seconds() });
    return { entity: "talk", action: "update", id: known.id };
  }
  const now = world.seconds();
  const talk: TalkRecord = {
    id: world.nextId(),
    chatId: chat.id,
    contactId: chat.contactId,
    leadId,
    origin: chat.scope.channel.code,
    isInWork: true,
    isRead: false,
    createdAt: now,
    updatedAt: now,
  };
  world.talks.set(talk.id, talk);
  chat.talkId = talk.id;
  world.log("talk_created", { type: "talk", id: talk.id }, ROBOT);
  return { entity: "talk", action: "add", id: talk.id };
}
