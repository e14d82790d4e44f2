import type { ChatDirectory } from "../chats/chat-directory.ts";
import type { Change } from "../world/change.ts";
import type { LeadRecord, UnsortedRecord } from "../world/records.ts";
import type { World } from "../world/world.ts";

/** Accepts a request: its lead and its contact become like any other. */
export function acceptUnsorted(
  world: World,
  one: UnsortedRecord,
  by: { readonly userId: number; readonly statusId: number | undefined },
): Change[] {
  const lead = world.leads.get(one.leadId);
  const contact = world.contacts.get(one.contactId);
  const pipeline = world.pipelines.get(one.pipelineId) ?? world.mainPipeline;
  one.state = "accepted";
  const changes: Change[] = [{ entity: "unsorted", action: "delete", id: one.uid }];
  if (lead !== undefined) {
    const old = { statusId: lead.statusId, pipelineId: lead.pipelineId };
    lead.unsortedUid = undefined;
    lead.statusId = by.statusId ?? world.firstStatus(pipeline).id;
    lead.responsibleUserId = by.userId;
    lead.updatedAt = world.seconds();
    lead.updatedBy = by.userId;
    changes.push(
      { entity: "leads", action: "add", id: lead.id },
      { entity: "leads", action: "status", id: lead.id, old },
    );
  }
  if (contact !== undefined && contact.unsortedUid === one.uid) {
    contact.unsortedUid = undefined;
    contact.responsibleUserId = by.userId;
    contact.updatedAt = world.seconds();
    changes.push({ entity: "contacts", action: "add", id: contact.id });
  }
  return changes;
}

/** Declines a request: its lead goes, and its contact unless that was there before. */
export function declineUnsorted(world: World, chats: ChatDirectory, one: UnsortedRecord, userId: number): Change[] {
  one.state = "declined";
  removeOwn(world, one, userId);
  const chat = chats.chat(one.chatId);
  if (chat !== undefined) {
    chat.unsortedUid = undefined;
    const contact = chat.contactId === undefined ? undefined : world.contacts.get(chat.contactId);
    if (contact?.isDeleted === true) chat.contactId = undefined;
  }
  return [{ entity: "unsorted", action: "delete", id: one.uid }];
}

/** Gives the chat of a request to an open lead and its main contact. */
export function linkUnsorted(
  world: World,
  chats: ChatDirectory,
  one: UnsortedRecord,
  to: { readonly lead: LeadRecord; readonly contactId: number | undefined; readonly userId: number },
): Change[] {
  const chat = chats.chat(one.chatId);
  const own = world.contacts.get(one.contactId);
  const main = to.contactId ?? to.lead.contacts.find((contact) => contact.isMain)?.id;
  one.state = "linked";
  if (main === undefined) {
    // A lead without a contact takes the one of the request.
    if (own !== undefined) own.unsortedUid = undefined;
    world.linkContact(to.lead, one.contactId);
  } else {
    if (chat !== undefined) chats.bind(chat, main);
    if (!to.lead.contacts.some((contact) => contact.id === main)) world.linkContact(to.lead, main);
  }
  if (chat !== undefined) chat.unsortedUid = undefined;
  removeOwn(world, one, to.userId);
  return [
    { entity: "unsorted", action: "delete", id: one.uid },
    { entity: "leads", action: "update", id: to.lead.id },
  ];
}

/** The lead of a request goes, and its contact while nothing else has it. */
function removeOwn(world: World, one: UnsortedRecord, userId: number): void {
  const lead = world.leads.get(one.leadId);
  if (lead !== undefined) {
    lead.isDeleted = true;
    lead.updatedBy = userId;
    lead.updatedAt = world.seconds();
  }
  const contact = world.contacts.get(one.contactId);
  if (contact?.unsortedUid === one.uid) contact.isDeleted = true;
}
