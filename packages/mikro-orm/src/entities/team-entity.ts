import { defineEntity, p } from "@mikro-orm/core";
import { recordProperties, reference } from "./record-properties.ts";

export const TeamEntity = defineEntity({
  name: "Team",
  tableName: "teams",
  properties: {
    ...recordProperties,
    name: p.text(),
    parentId: reference().nullable(),
  },
});
