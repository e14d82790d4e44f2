import { defineEntity, p } from "@mikro-orm/core";
import type { ChannelState } from "@crmessenger/kernel/communication";
import type { JsonObject } from "@crmessenger/kernel/infrastructure";
import { document, recordProperties } from "./record-properties.ts";

export const ChannelAccountEntity = defineEntity({
  name: "ChannelAccount",
  tableName: "channel_accounts",
  properties: {
    ...recordProperties,
    type: p.text(),
    name: p.text(),
    enabled: p.boolean(),
    settings: document<JsonObject>(),
    externalId: p.text().nullable(),
    state: document<ChannelState>(),
  },
});
