import { defineEntity, p } from "@mikro-orm/core";
import type { Grant } from "@crmessenger/kernel/iam";
import { document, recordProperties } from "./record-properties.ts";

export const RoleEntity = defineEntity({
  name: "Role",
  tableName: "roles",
  properties: {
    ...recordProperties,
    name: p.text(),
    grants: document<readonly Grant[]>(),
  },
});
