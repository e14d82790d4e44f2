import { executionContext } from "@crmessenger/kernel";
import type { EventDispatcher, NewEvent } from "@crmessenger/kernel/infrastructure";
import {
  type Conversation,
  ConversationOpened,
  type InboundMessage,
  type InboundReceipt,
  type Intake,
  type Message,
  MessageReceived,
  previewOf,
} from "@crmessenger/kernel/communication";
import type { NewRecord } from "@crmessenger/kernel/infrastructure";
import type { MemoryEventLog } from "../events/memory-event-log.ts";
import type { MemoryAuditor } from "../journal/memory-auditor.ts";
import type { MemoryTimeline } from "../journal/memory-timeline.ts";
import type { EntityTables } from "../records/entities.ts";
import { insertRow, ownRow, updateRow } from "../records/memory-repository.ts";
import type { Database } from "../state/database.ts";
import { keyOf } from "../state/table.ts";
import type { Unit } from "../state/unit.ts";
import { View } from "../state/view.ts";
import type { LeadFinder } from "./lead-finder.ts";
import type { PersonFinder } from "./person-finder.ts";

/** What the intake works with. */
export interface IntakeServices {
  readonly database: Database;
  readonly tables: EntityTables;
  readonly people: PersonFinder;
  readonly leads: LeadFinder;
  readonly events: EventDispatcher;
  readonly log: MemoryEventLog;
  readonly audit: MemoryAuditor;
  readonly timeline: MemoryTimeline;
}

/** Takes inbound messages in, one after another in the order of the calls. */
export class MemoryIntake implements Intake {
  readonly #services: IntakeServices;

  constructor(services: IntakeServices) {
    this.#services = services;
  }

  accept(message: InboundMessage): Promise<InboundReceipt> {
    const { database } = this.#services;
    return database.run(async () => {
      const unit = database.required("An inbound message");
      await unit.lock();
      return this.#duplicateOf(unit, message) ?? this.#receive(unit, message);
    });
  }

  #duplicateOf(unit: Unit, message: InboundMessage): InboundReceipt | undefined {
    const stored = this.#messageOf(unit, message.channelAccountId, message.externalId);
    if (!stored) return undefined;
    const conversation = ownRow(new View(unit), this.#services.tables.conversations, stored.conversationId);
    const { contactId = stored.author.id, leadId = null } = conversation ?? {};
    return {
      messageId: stored.id,
      conversationId: stored.conversationId,
      contactId,
      leadId: leadId ?? "",
      duplicate: true,
    };
  }

  #messageOf(unit: Unit, channelAccountId: string, externalId: string): Message | undefined {
    const key = keyOf(executionContext().tenantId, channelAccountId, externalId);
    for (const found of new View(unit).lookup(this.#services.tables.messages, "externalId", key)) return found;
    return undefined;
  }

  async #receive(unit: Unit, message: InboundMessage): Promise<InboundReceipt> {
    const { people, leads, events } = this.#services;
    const recorded: NewEvent[] = [];
    const contact = await people.find(unit, message.sender, recorded);
    const known = this.#conversationOf(unit, message);
    const lead = await leads.find(unit, { message, contact, conversation: known }, recorded);
    const conversation = this.#advance(unit, message, { known, contactId: contact.id, leadId: lead.id });
    const { id, version } = conversation;
    if (!known)
      recorded.push(events.envelope(ConversationOpened, { type: "conversation", id, version }, { conversation }));
    const stored = this.#store(unit, message, conversation, contact.id);
    const received = { message: stored, contactId: contact.id, leadId: lead.id, channelType: conversation.channelType };
    recorded.push(events.envelope(MessageReceived, { type: "conversation", id, version }, received));
    this.#record(unit, stored, { contactId: contact.id, leadId: lead.id, recorded });
    return { messageId: stored.id, conversationId: id, contactId: contact.id, leadId: lead.id, duplicate: false };
  }

  #conversationOf(unit: Unit, message: InboundMessage): Conversation | undefined {
    const key = keyOf(executionContext().tenantId, message.channelAccountId, message.conversationExternalId);
    for (const found of new View(unit).lookup(this.#services.tables.conversations, "chat", key)) return found;
    return undefined;
  }

  /** The conversation with one message more. */
  #advance(
    unit: Unit,
    message: InboundMessage,
    refs: { known: Conversation | undefined; contactId: string; leadId: string },
  ): Conversation {
    const { database, tables } = this.#services;
    const { known, contactId, leadId } = refs;
    if (known) {
      return updateRow(database, unit, tables.conversations, {
        ...known,
        leadId,
        messageCount: known.messageCount + 1,
        lastMessageAt: later(known.lastMessageAt, message.sentAt),
        lastInboundAt: later(known.lastInboundAt, message.sentAt),
      });
    }
    return insertRow<Conversation>(database, unit, tables.conversations, {
      id: database.ids.next(),
      channelAccountId: message.channelAccountId,
      channelType: message.channelType,
      externalId: message.conversationExternalId,
      contactId,
      leadId,
      ownerId: null,
      teamId: null,
      messageCount: 1,
      lastMessageAt: message.sentAt,
      lastInboundAt: message.sentAt,
    });
  }

  #store(unit: Unit, message: InboundMessage, conversation: Conversation, contactId: string): Message {
    const { database, tables } = this.#services;
    const repliedTo =
      message.replyToExternalId === undefined
        ? undefined
        : this.#messageOf(unit, message.channelAccountId, message.replyToExternalId);
    const record: NewRecord<Message> = {
      id: database.ids.next(),
      conversationId: conversation.id,
      channelAccountId: message.channelAccountId,
      direction: "inbound",
      ordinal: conversation.messageCount,
      author: { kind: "contact", id: contactId, name: message.sender.name },
      parts: message.parts,
      replyToId: repliedTo?.id ?? null,
      forwardedFrom: message.forwardedFrom ?? null,
      externalId: message.externalId,
      origin: null,
      status: "delivered",
      statusAt: database.now(),
      failure: null,
      sanitised: message.sanitised ?? false,
      sentAt: message.sentAt,
    };
    return insertRow(database, unit, tables.messages, record);
  }

  #record(
    unit: Unit,
    message: Message,
    more: { contactId: string; leadId: string; recorded: readonly NewEvent[] },
  ): void {
    const { timeline, audit, log } = this.#services;
    const { contactId, leadId, recorded } = more;
    const data = {
      messageId: message.id,
      conversationId: message.conversationId,
      direction: "inbound",
      preview: previewOf(message.parts),
    };
    timeline.addIn(unit, [{ contactId, leadId, kind: "message", data }]);
    audit.add(unit, [{ action: "communication.message.receive", target: { type: "message", id: message.id } }]);
    log.add(unit, recorded);
  }
}

function later(known: string | null, reported: string): string {
  return known !== null && known > reported ? known : reported;
}
