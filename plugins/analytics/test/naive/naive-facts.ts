import type { FactRow } from "@crmessenger/kernel/analytics";
import type { Conversation, Message } from "@crmessenger/kernel/communication";
import type { NewEvent } from "@crmessenger/kernel/infrastructure";
import type { Lead } from "@crmessenger/kernel/sales";

/** Facts by name, then key. */
export type Facts = Readonly<Record<string, ReadonlyMap<string, FactRow>>>;

interface Written {
  readonly message: Message;
  readonly contactId: string;
  readonly leadId: string | null;
  readonly channelType: string;
}

const of = (events: readonly NewEvent[], topic: string) => events.filter((event) => event.topic === topic);
const leadOf = (event: NewEvent) => event.payload["lead"] as unknown as Lead;
const ms = (from: string | null, to: string | null) =>
  from === null || to === null ? null : Math.max(0, Date.parse(to) - Date.parse(from));
const least = (times: readonly string[]) => times.toSorted()[0] ?? null;
const isPersons = ({ direction, author, origin }: Message) =>
  direction === "outbound" && (author.kind === "user" || origin !== null);

/**
 * What the events say, worked out from the whole history at once for each lead, conversation and message by itself:
 * nothing is kept between two events, so that it has none of the ways to go wrong that projections have.
 */
export function naiveFacts(events: readonly NewEvent[]): Facts {
  const written = events.filter(({ topic }) => topic === "message.received" || topic === "message.queued");
  return {
    lead: naiveLeads(events, written),
    "lead-stay": naiveStays(events),
    conversation: naiveConversations(events, written),
    message: naiveMessages(events, written),
  };
}

const writtenOf = (event: NewEvent) => event.payload as unknown as Written;

function leadBasics(lead: Lead): FactRow {
  const { source, attributes } = lead;
  return {
    version: lead.version,
    contactId: lead.contactId,
    channel: source.channel,
    channelAccountId: source.channelAccountId ?? null,
    utmSource: source.utm?.source ?? null,
    utmMedium: source.utm?.medium ?? null,
    utmCampaign: source.utm?.campaign ?? null,
    utmTerm: source.utm?.term ?? null,
    utmContent: source.utm?.content ?? null,
    referrer: source.referrer ?? null,
    partnerId: source.partnerId ?? null,
    ownerId: lead.ownerId,
    teamId: lead.teamId,
    status: lead.status,
    t_car: typeof attributes["car"] === "string" ? attributes["car"] : null,
    n_seats: typeof attributes["seats"] === "number" ? attributes["seats"] : null,
  };
}

/** First answers in a conversation, among what was written for a lead, or at all. */
function answers(written: readonly NewEvent[]): { inbound: string | null; reply: string | null } {
  const messages = written.map((event) => writtenOf(event).message);
  const first = messages.findIndex(({ direction }) => direction === "inbound");
  const replies = first < 0 ? [] : messages.slice(first).filter(isPersons);
  const inbound = messages.filter(({ direction }) => direction === "inbound");
  return { inbound: least(inbound.map(({ sentAt }) => sentAt)), reply: least(replies.map(({ sentAt }) => sentAt)) };
}

function naiveLeads(events: readonly NewEvent[], written: readonly NewEvent[]): ReadonlyMap<string, FactRow> {
  const rows = of(events, "lead.created").map((created): readonly [string, FactRow] => {
    const history = events
      .filter(({ aggregate }) => aggregate.type === "lead" && aggregate.id === created.aggregate.id)
      .map(leadOf);
    const lead = history.at(-1) as Lead;
    const reached = (status: string) => history.find((each) => each.status === status)?.statusSince ?? null;
    const about = written.filter((event) => writtenOf(event).leadId === lead.id);
    const byDialog = [...Map.groupBy(about, ({ aggregate }) => aggregate.id)];
    const dialogs = byDialog.filter(([, messages]) => answers(messages).inbound !== null);
    const firstInboundAt = least(dialogs.flatMap(([, messages]) => answers(messages).inbound ?? []));
    const firstResponseAt = least(dialogs.flatMap(([, messages]) => answers(messages).reply ?? []));
    return [
      lead.id,
      {
        ...leadBasics(lead),
        createdAt: lead.createdAt,
        statusSince: lead.statusSince,
        qualifiedAt: reached("qualified"),
        convertedAt: reached("converted"),
        disqualifiedAt: reached("disqualified"),
        timeToConvertMs: ms(lead.createdAt, reached("converted")),
        dialogs: dialogs.map(([id]) => id).toSorted(),
        firstInboundAt,
        firstResponseAt,
        firstResponseMs: ms(firstInboundAt, firstResponseAt),
      },
    ];
  });
  return new Map(rows);
}

function naiveStays(events: readonly NewEvent[]): ReadonlyMap<string, FactRow> {
  const rows = of(events, "lead.created").flatMap((created) => {
    const history = events
      .filter(({ aggregate }) => aggregate.type === "lead" && aggregate.id === created.aggregate.id)
      .map(leadOf);
    return history.map((lead, index): readonly [string, FactRow] => {
      const next = history[index + 1];
      const left = next && next.status !== lead.status ? next : undefined;
      return [
        next ? `${lead.id}:${lead.version}` : lead.id,
        {
          ...leadBasics(lead),
          leadId: lead.id,
          createdAt: lead.createdAt,
          validFrom: lead.updatedAt,
          validUntil: next?.updatedAt ?? null,
          enteredAt: lead.statusSince,
          leftAt: left?.statusSince ?? null,
          leftFor: left?.status ?? null,
          stayMs: left ? ms(lead.statusSince, left.statusSince) : null,
        },
      ];
    });
  });
  return new Map(rows);
}

function naiveConversations(events: readonly NewEvent[], written: readonly NewEvent[]): ReadonlyMap<string, FactRow> {
  const rows = of(events, "conversation.opened").map((opened): readonly [string, FactRow] => {
    const conversation = opened.payload["conversation"] as unknown as Conversation;
    const own = written.filter(({ aggregate }) => aggregate.id === conversation.id);
    const messages = own.map((event) => writtenOf(event).message);
    const { inbound, reply } = answers(own);
    const received = messages.filter(({ direction }) => direction === "inbound").length;
    return [
      conversation.id,
      {
        createdAt: conversation.createdAt,
        channel: conversation.channelType,
        channelAccountId: conversation.channelAccountId,
        contactId: conversation.contactId,
        leadId: conversation.leadId,
        ownerId: conversation.ownerId,
        teamId: conversation.teamId,
        lastOrdinal: messages.length,
        received,
        sent: messages.length - received,
        lastMessageAt:
          messages
            .map(({ sentAt }) => sentAt)
            .toSorted()
            .at(-1) ?? null,
        lastDirection: messages.at(-1)?.direction ?? null,
        firstInboundAt: inbound,
        firstResponseAt: reply,
        firstResponseMs: ms(inbound, reply),
      },
    ];
  });
  return new Map(rows);
}

function naiveMessages(events: readonly NewEvent[], written: readonly NewEvent[]): ReadonlyMap<string, FactRow> {
  const rows = written.map((event): readonly [string, FactRow] => {
    const { message, contactId, leadId, channelType } = writtenOf(event);
    const conversation = of(events, "conversation.opened").find(
      ({ aggregate }) => aggregate.id === message.conversationId,
    );
    if (!conversation) throw new Error(`Nobody opened ${message.conversationId}.`);
    const { ownerId, teamId } = conversation.payload["conversation"] as unknown as Conversation;
    const reports = of(events, "message.status-changed").filter(({ payload }) => payload["messageId"] === message.id);
    const at = (...statuses: string[]) =>
      reports.find(({ payload }) => statuses.includes(String(payload["status"])))?.occurredAt ?? null;
    return [
      message.id,
      {
        createdAt: message.createdAt,
        sentAt: message.sentAt,
        conversationId: message.conversationId,
        contactId,
        leadId,
        ownerId,
        teamId,
        channel: channelType,
        channelAccountId: message.channelAccountId,
        direction: message.direction,
        authorKind: message.author.kind,
        authorId: message.author.id,
        origin: message.origin?.system ?? null,
        parts: message.parts.length,
        status: reports.at(-1)?.payload["status"] ?? message.status,
        deliveredAt: at("delivered", "read"),
        deliveryMs: ms(message.createdAt, at("delivered", "read")),
        readAt: at("read"),
        failedAt: at("failed"),
      },
    ];
  });
  return new Map(rows);
}
