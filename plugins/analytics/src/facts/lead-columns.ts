import type { FactColumnKind, FactRow } from "@crmessenger/kernel/analytics";
import type { Lead } from "@crmessenger/kernel/sales";

/** What a lead's facts have in common: where it came from, whose it is, how it stands. */
export const leadColumns = {
  version: "number",
  contactId: "text",
  channel: "text",
  channelAccountId: "text",
  utmSource: "text",
  utmMedium: "text",
  utmCampaign: "text",
  utmTerm: "text",
  utmContent: "text",
  referrer: "text",
  partnerId: "text",
  ownerId: "text",
  teamId: "text",
  status: "text",
} as const satisfies Readonly<Record<string, FactColumnKind>>;

/** Where roles' conditions on leads find their fields. */
export const leadAccess = {
  permission: "sales.lead.read",
  owner: "ownerId",
  team: "teamId",
  fields: {
    "source.channel": "channel",
    "source.channelAccountId": "channelAccountId",
    "source.utm.source": "utmSource",
    "source.utm.medium": "utmMedium",
    "source.utm.campaign": "utmCampaign",
    "source.utm.term": "utmTerm",
    "source.utm.content": "utmContent",
    "source.referrer": "referrer",
    "source.partnerId": "partnerId",
  },
} as const;

/** A lead as its facts hold it, custom fields included. */
export function leadValues(lead: Lead): FactRow {
  const { channel, channelAccountId = null, utm = {}, referrer = null, partnerId = null } = lead.source;
  return {
    version: lead.version,
    contactId: lead.contactId,
    channel,
    channelAccountId,
    utmSource: utm.source ?? null,
    utmMedium: utm.medium ?? null,
    utmCampaign: utm.campaign ?? null,
    utmTerm: utm.term ?? null,
    utmContent: utm.content ?? null,
    referrer,
    partnerId,
    ownerId: lead.ownerId,
    teamId: lead.teamId,
    status: lead.status,
    attributes: lead.attributes,
  };
}
