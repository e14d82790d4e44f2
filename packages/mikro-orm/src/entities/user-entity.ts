import { defineEntity, p } from "@mikro-orm/core";
import { recordProperties, texts } from "./record-properties.ts";

export const UserEntity = defineEntity({
  name: "User",
  tableName: "users",
  properties: {
    ...recordProperties,
    email: p.text(),
    name: p.text(),
    roleIds: texts(),
    teamIds: texts(),
    timeZone: p.text(),
    locale: p.text(),
    active: p.boolean(),
  },
});
