import { systemActor } from "@crmessenger/kernel";
import {
  ConversationOpened,
  type Conversation,
  type DeliveryStatus,
  type Message,
  MessageQueued,
  MessageReceived,
  MessageStatusChanged,
  advanceDelivery,
} from "@crmessenger/kernel/communication";
import type { JsonObject, NewEvent } from "@crmessenger/kernel/infrastructure";
import {
  type Lead,
  LeadAssigned,
  LeadCreated,
  LeadStatusChanged,
  LeadUpdated,
  leadStates,
} from "@crmessenger/kernel/sales";
import fc from "fast-check";

/** One thing that happens; its numbers choose among what there is. */
export interface Step {
  readonly what: "lead" | "update" | "assign" | "move" | "open" | "receive" | "send" | "report";
  readonly which: number;
  readonly choice: number;
  /** Minutes since the step before. */
  readonly after: number;
}

export const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.record({
    what: fc.constantFrom(
      ...([
        "lead",
        "lead",
        "update",
        "assign",
        "move",
        "move",
        "move",
        "open",
        "receive",
        "receive",
        "send",
        "send",
        "report",
        "report",
      ] as const),
    ),
    which: fc.nat(99),
    choice: fc.nat(99),
    after: fc.oneof(fc.nat(90), fc.nat(3_000), fc.constantFrom(0, 1_440, 40_000)),
  }),
  { minLength: 10, maxLength: 70 },
);

/** A week before clocks change in Europe, and in Brazil in the years when they did there. */
export const beginnings = [
  "2017-10-08T12:00:00.000Z",
  "2018-02-11T12:00:00.000Z",
  "2025-03-25T22:30:00.000Z",
  "2025-10-25T18:00:00.000Z",
];

const OWNERS = ["anna", "boris", null];
const CHANNELS = ["telegram", "whatsapp", "http"];
const CARS = ["Volvo", "Saab", "  ", "🚙", undefined];

/** Plays steps and answers the events that an application would record for them. */
export function play(tenantId: string, begin: string, happened: readonly Step[]): NewEvent[] {
  return new Story(tenantId, Date.parse(begin)).play(happened);
}

class Story {
  readonly #tenantId: string;
  readonly #leads: Lead[] = [];
  readonly #conversations: Conversation[] = [];
  readonly #sent: Message[] = [];
  readonly #events: NewEvent[] = [];
  #now: number;

  constructor(tenantId: string, begin: number) {
    this.#tenantId = tenantId;
    this.#now = begin;
  }

  play(happened: readonly Step[]): NewEvent[] {
    for (const step of happened) {
      this.#now += step.after * 60_000 + step.choice * 7;
      this[step.what](step);
    }
    return this.#events;
  }

  lead({ which, choice }: Step): void {
    const at = this.#time();
    const car = CARS[choice % CARS.length];
    const lead: Lead = {
      ...this.#record(`lead-${this.#leads.length}`),
      title: "A lead",
      contactId: `contact-${which % 5}`,
      status: "new",
      statusSince: at,
      statusReason: null,
      source: {
        channel: CHANNELS[which % 3] as string,
        ...(choice % 2 === 0 ? { utm: { source: "ads", campaign: `c${choice % 3}` } } : {}),
      },
      ownerId: OWNERS[choice % 3] ?? null,
      teamId: choice % 4 === 0 ? "sales" : null,
      attributes: { ...(car === undefined ? {} : { car }), seats: which % 7, other: { deep: true } },
    };
    this.#leads.push(lead);
    this.#add(LeadCreated, { type: "lead", id: lead.id, version: 1 }, { lead });
  }

  update({ which, choice }: Step): void {
    this.#change(which, (lead) => [
      LeadUpdated,
      { ...lead, attributes: { ...lead.attributes, seats: choice % 7 } },
      {},
    ]);
  }

  assign({ which, choice }: Step): void {
    this.#change(which, (lead) => [
      LeadAssigned,
      { ...lead, ownerId: OWNERS[choice % 3] ?? null },
      { previousOwnerId: lead.ownerId },
    ]);
  }

  move({ which, choice }: Step): void {
    this.#change(which, (lead) => {
      const next = leadStates.find(({ status }) => status === lead.status)?.next ?? [];
      const status = choice % 4 === 0 ? next.at(-1) : next[0];
      if (status === undefined) return undefined;
      return [LeadStatusChanged, { ...lead, status, statusSince: this.#time() }, { previousStatus: lead.status }];
    });
  }

  open({ which, choice }: Step): void {
    const lead = this.#leads[which % Math.max(1, this.#leads.length)];
    const conversation: Conversation = {
      ...this.#record(`conversation-${this.#conversations.length}`),
      channelAccountId: "account",
      channelType: CHANNELS[choice % 3] as string,
      externalId: `chat-${this.#conversations.length}`,
      contactId: lead?.contactId ?? "contact-0",
      leadId: lead?.id ?? null,
      ownerId: OWNERS[which % 3] ?? null,
      teamId: null,
      messageCount: 0,
      lastMessageAt: this.#time(),
      lastInboundAt: null,
    };
    this.#conversations.push(conversation);
    this.#add(ConversationOpened, { type: "conversation", id: conversation.id }, { conversation });
  }

  /** Every third message is late: it was sent a while before. */
  receive({ which, choice }: Step): void {
    const late = choice % 3 === 0 ? choice * 60_000 * 30 : 0;
    this.#write(which, MessageReceived, (conversation) => ({
      direction: "inbound",
      author: { kind: "contact", id: conversation.contactId, name: "Customer" },
      status: "delivered",
      sentAt: new Date(this.#now - late).toISOString(),
    }));
  }

  /** Every fourth is a plugin's own, every fifth was written elsewhere. */
  send({ which, choice }: Step): void {
    const message = this.#write(which, MessageQueued, () => ({
      direction: "outbound",
      author:
        choice % 4 === 0 ? { kind: "plugin", id: "bot", name: "Bot" } : { kind: "user", id: "anna", name: "Anna" },
      status: "queued",
      sentAt: this.#time(),
      origin: choice % 5 === 0 ? { system: "amocrm", id: String(choice) } : null,
    }));
    if (message) this.#sent.push(message);
  }

  report({ which, choice }: Step): void {
    const index = which % Math.max(1, this.#sent.length);
    const message = this.#sent[index];
    if (!message) return;
    const reported = (["sent", "delivered", "read", "failed"] as const)[choice % 4] as DeliveryStatus;
    const status = advanceDelivery(message.status, reported);
    if (status === message.status) return;
    this.#sent[index] = { ...message, status };
    const { id: messageId, conversationId, origin, status: previousStatus } = message;
    this.#add(
      MessageStatusChanged,
      { type: "conversation", id: conversationId },
      { messageId, conversationId, origin, status, previousStatus, failure: null },
    );
  }

  #change(
    which: number,
    change: (lead: Lead) => readonly [{ topic: string; version: number }, Lead, JsonObject] | undefined,
  ): void {
    const index = which % Math.max(1, this.#leads.length);
    const lead = this.#leads[index];
    const changed = lead && change(lead);
    if (!changed) return;
    const [event, next, more] = changed;
    const stored = { ...next, version: lead.version + 1, updatedAt: this.#time() };
    this.#leads[index] = stored;
    this.#add(event, { type: "lead", id: stored.id, version: stored.version }, { lead: stored, ...more });
  }

  #write(
    which: number,
    event: { topic: string; version: number },
    write: (
      conversation: Conversation,
    ) => Pick<Message, "direction" | "author" | "status" | "sentAt"> & Partial<Message>,
  ): Message | undefined {
    const index = which % Math.max(1, this.#conversations.length);
    const conversation = this.#conversations[index];
    if (!conversation) return undefined;
    const ordinal = conversation.messageCount + 1;
    this.#conversations[index] = { ...conversation, messageCount: ordinal };
    const message: Message = {
      ...this.#record(`${conversation.id}-message-${ordinal}`),
      conversationId: conversation.id,
      channelAccountId: conversation.channelAccountId,
      ordinal,
      parts: [{ type: "text", text: "Hello" }],
      replyToId: null,
      forwardedFrom: null,
      externalId: null,
      origin: null,
      statusAt: this.#time(),
      failure: null,
      sanitised: false,
      ...write(conversation),
    };
    const { contactId, leadId, channelType } = conversation;
    this.#add(event, { type: "conversation", id: conversation.id }, { message, contactId, leadId, channelType });
    return message;
  }

  #record(id: string) {
    const at = this.#time();
    return {
      id: `${this.#tenantId}-${id}`,
      tenantId: this.#tenantId,
      version: 1,
      createdAt: at,
      updatedAt: at,
      deletedAt: null,
    };
  }

  #time(): string {
    return new Date(this.#now).toISOString();
  }

  #add(event: { topic: string; version: number }, aggregate: NewEvent["aggregate"], payload: object): void {
    this.#events.push({
      id: crypto.randomUUID(),
      topic: event.topic,
      version: event.version,
      aggregate,
      payload: structuredClone(payload) as JsonObject,
      tenantId: this.#tenantId,
      actor: systemActor,
      correlationId: "story",
      causationId: null,
      occurredAt: this.#time(),
    });
  }
}
