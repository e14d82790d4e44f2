import type { FieldType } from "@crmessenger/kernel/extensibility";
import type { AttributeKind } from "@crmessenger/kernel/infrastructure";

/** How values of the type are compared; null for those that are no single value. */
export function attributeKindOf(type: FieldType): AttributeKind | null {
  switch (type.kind) {
    case "number":
      return "number";
    case "boolean":
      return "boolean";
    case "date":
      return "date";
    case "date-time":
      return "timestamp";
    case "money":
    case "choices":
      return null;
    case "computed":
      return type.result === "date-time" ? "timestamp" : type.result;
    default:
      return "text";
  }
}
