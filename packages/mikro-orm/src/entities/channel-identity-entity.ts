import { defineEntity, p } from "@mikro-orm/core";
import { recordProperties, reference, texts } from "./record-properties.ts";

export const ChannelIdentityEntity = defineEntity({
  name: "ChannelIdentity",
  tableName: "channel_identities",
  properties: {
    ...recordProperties,
    contactId: reference(),
    kind: p.text(),
    value: p.text(),
    aliases: texts(),
    verified: p.boolean(),
  },
});
