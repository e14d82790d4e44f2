import type { Metric, MetricFormula } from "@crmessenger/kernel/analytics";
import { type Criteria, and, not, where } from "@crmessenger/kernel/infrastructure";

const count = (condition?: Criteria): MetricFormula => ({
  kind: "count",
  ...(condition === undefined ? {} : { where: condition }),
});
const ratio = (of: MetricFormula, over: MetricFormula): MetricFormula => ({ kind: "ratio", of, over });
const percentile = (column: string, share: number, condition?: Criteria): MetricFormula => ({
  kind: "percentile",
  column,
  percentile: share,
  ...(condition === undefined ? {} : { where: condition }),
});
const average = (column: string): MetricFormula => ({ kind: "average", column });

const is = (field: string) => not(where(field).isNull());
const status = (value: string) => where("status").eq(value);
const inbound = where("direction").eq("inbound");
const outbound = where("direction").eq("outbound");
const settled = and(outbound, where("status").in(["sent", "delivered", "read", "failed"]));
const arrived = and(outbound, where("status").in(["delivered", "read"]));

const metric = (
  fact: string,
  unit: Metric["unit"],
  [name, label, description]: readonly [string, string, string],
  formula: MetricFormula,
): Metric => ({ name, label, description, fact, unit, formula });

/** What can be counted in the built-in facts. */
export const builtInMetrics: readonly Metric[] = [
  metric("lead", "count", ["leads", "Leads", "Leads that were created."], count()),
  metric(
    "lead",
    "count",
    ["leads-open", "Open leads", "Leads that are neither converted nor disqualified."],
    count(not(where("status").in(["converted", "disqualified"]))),
  ),
  metric(
    "lead",
    "count",
    ["leads-qualified", "Qualified leads", "Leads that ever were qualified."],
    count(is("qualifiedAt")),
  ),
  metric(
    "lead",
    "count",
    ["leads-converted", "Converted leads", "Leads that were converted."],
    count(is("convertedAt")),
  ),
  metric(
    "lead",
    "count",
    ["leads-disqualified", "Disqualified leads", "Leads that were disqualified."],
    count(is("disqualifiedAt")),
  ),
  metric(
    "lead",
    "ratio",
    ["conversion", "Conversion", "Converted leads of all leads."],
    ratio(count(is("convertedAt")), count()),
  ),
  metric(
    "lead",
    "milliseconds",
    ["time-to-convert-p50", "Time to convert, median", "From a lead's creation to its conversion."],
    percentile("timeToConvertMs", 0.5),
  ),
  metric(
    "lead",
    "count",
    ["leads-answered", "Answered leads", "Leads that a person wrote to after the contact had written."],
    count(is("firstResponseAt")),
  ),
  metric(
    "lead",
    "ratio",
    ["answer-rate", "Answered", "Leads that were answered, of those whose contact wrote."],
    ratio(count(is("firstResponseAt")), count(is("firstInboundAt"))),
  ),
  metric(
    "lead",
    "milliseconds",
    ["first-response-p50", "First response, median", "From the contact's first message to a person's first answer."],
    percentile("firstResponseMs", 0.5),
  ),
  metric(
    "lead",
    "milliseconds",
    ["first-response-p90", "First response, 90 %", "Nine of ten leads were answered within this time."],
    percentile("firstResponseMs", 0.9),
  ),
  metric(
    "lead",
    "milliseconds",
    [
      "first-response-average",
      "First response, average",
      "From the contact's first message to a person's first answer.",
    ],
    average("firstResponseMs"),
  ),
  metric("lead", "count", ["contacts", "Contacts with leads", "Different contacts that leads are about."], {
    kind: "count-distinct",
    column: "contactId",
  }),
  metric("lead-stay", "count", ["stays", "Stays", "Stays in a state that ended."], count(is("leftAt"))),
  metric(
    "lead-stay",
    "milliseconds",
    ["time-in-state-p50", "Time in state, median", "How long leads stood in a state that they left."],
    percentile("stayMs", 0.5),
  ),
  metric(
    "lead-stay",
    "milliseconds",
    ["time-in-state-p90", "Time in state, 90 %", "Nine of ten stays were no longer."],
    percentile("stayMs", 0.9),
  ),
  metric(
    "lead-stay",
    "milliseconds",
    ["time-in-state-average", "Time in state, average", "How long leads stood in a state that they left."],
    average("stayMs"),
  ),
  metric("conversation", "count", ["conversations", "Conversations", "Conversations that began."], count()),
  metric(
    "conversation",
    "count",
    ["conversations-waiting", "Waiting for an answer", "Conversations in which the contact wrote last."],
    count(where("lastDirection").eq("inbound")),
  ),
  metric(
    "conversation",
    "milliseconds",
    [
      "conversation-response-p50",
      "First response in a conversation, median",
      "From the contact's first message in a conversation to a person's first answer there.",
    ],
    percentile("firstResponseMs", 0.5),
  ),
  metric(
    "conversation",
    "milliseconds",
    [
      "conversation-response-p90",
      "First response in a conversation, 90 %",
      "Nine of ten conversations were answered within this time.",
    ],
    percentile("firstResponseMs", 0.9),
  ),
  metric(
    "conversation",
    "number",
    ["messages-per-conversation", "Messages a conversation", "Messages both ways, on average."],
    average("lastOrdinal"),
  ),
  metric("message", "count", ["messages", "Messages", "Messages both ways."], count()),
  metric("message", "count", ["messages-received", "Messages received", "Messages of contacts."], count(inbound)),
  metric(
    "message",
    "count",
    ["messages-sent", "Messages sent", "Messages to contacts, on their way included."],
    count(outbound),
  ),
  metric(
    "message",
    "count",
    ["messages-failed", "Messages failed", "Messages to contacts that did not arrive."],
    count(and(outbound, status("failed"))),
  ),
  metric(
    "message",
    "ratio",
    ["delivery-success", "Delivery success", "Messages that arrived, of those that a channel took or refused."],
    ratio(count(arrived), count(settled)),
  ),
  metric(
    "message",
    "ratio",
    ["read-rate", "Read", "Messages that were read, of those that arrived."],
    ratio(count(and(outbound, status("read"))), count(arrived)),
  ),
  metric(
    "message",
    "milliseconds",
    ["delivery-p50", "Time to deliver, median", "From when a message was written to its arrival."],
    percentile("deliveryMs", 0.5, outbound),
  ),
  metric("message", "count", ["active-dialogs", "Active dialogs", "Different conversations in which somebody wrote."], {
    kind: "count-distinct",
    column: "conversationId",
  }),
];
