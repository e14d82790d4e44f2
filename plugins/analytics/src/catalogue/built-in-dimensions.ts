import type { Dimension } from "@crmessenger/kernel/analytics";

/** The same column in several facts. */
const inAll = (facts: readonly string[], column: string) => Object.fromEntries(facts.map((fact) => [fact, column]));

const ofLeads = ["lead", "lead-stay"];
const dialogs = ["conversation", "message"];
const everywhere = [...ofLeads, ...dialogs];

const text = (name: string, label: string, columns: Dimension["columns"]): Dimension => ({
  name,
  label,
  kind: "text",
  columns,
});
const time = (name: string, label: string, columns: Dimension["columns"]): Dimension => ({
  name,
  label,
  kind: "time",
  columns,
});
const reference = (name: string, label: string, entity: string, columns: Dimension["columns"]): Dimension => ({
  name,
  label,
  kind: "reference",
  entity,
  columns,
});

/** The axes that come with the built-in facts. */
export const builtInDimensions: readonly Dimension[] = [
  time("created", "Created", inAll(everywhere, "createdAt")),
  time("status-since", "In this state since", { lead: "statusSince", "lead-stay": "enteredAt" }),
  time("left", "Left the state", { "lead-stay": "leftAt" }),
  time("qualified", "Qualified", { lead: "qualifiedAt" }),
  time("converted", "Converted", { lead: "convertedAt" }),
  time("disqualified", "Disqualified", { lead: "disqualifiedAt" }),
  time("first-response", "First answered", { lead: "firstResponseAt", conversation: "firstResponseAt" }),
  time("last-message", "Last message", { conversation: "lastMessageAt" }),
  time("sent", "Sent", { message: "sentAt" }),
  text("source", "Source", inAll(ofLeads, "channel")),
  text("channel", "Channel", inAll(everywhere, "channel")),
  reference("channel-account", "Channel account", "channel-account", inAll(everywhere, "channelAccountId")),
  text("utm-source", "UTM source", inAll(ofLeads, "utmSource")),
  text("utm-medium", "UTM medium", inAll(ofLeads, "utmMedium")),
  text("utm-campaign", "UTM campaign", inAll(ofLeads, "utmCampaign")),
  text("utm-term", "UTM term", inAll(ofLeads, "utmTerm")),
  text("utm-content", "UTM content", inAll(ofLeads, "utmContent")),
  text("referrer", "Referrer", inAll(ofLeads, "referrer")),
  reference("partner", "Partner", "contact", inAll(ofLeads, "partnerId")),
  reference("manager", "Manager", "user", inAll(everywhere, "ownerId")),
  reference("team", "Team", "team", inAll(everywhere, "teamId")),
  reference("contact", "Contact", "contact", inAll(everywhere, "contactId")),
  reference("lead", "Lead", "lead", inAll(["lead-stay"], "leadId")),
  text("state", "State", inAll(ofLeads, "status")),
  text("next-state", "Next state", { "lead-stay": "leftFor" }),
  reference("conversation", "Conversation", "conversation", { message: "conversationId" }),
  text("direction", "Direction", { message: "direction", conversation: "lastDirection" }),
  text("author-kind", "Kind of author", { message: "authorKind" }),
  reference("author", "Author", "user", { message: "authorId" }),
  text("origin", "Written in", { message: "origin" }),
  text("delivery-status", "Delivery status", { message: "status" }),
];
