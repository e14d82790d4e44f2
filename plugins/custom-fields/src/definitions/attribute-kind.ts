import type { FieldType } from "@crmessenger/kernel/extensibility";
import type { AttributeKind } from "@crmessenger/kernel/infrastructure";

/** Where in a value of the type it is compared, as a path: of money, by its amount. */
export function comparedPath(name: string, type: FieldType): string {
  return type.kind === "money" ? `${name}.amount` : name;
}

/** How values of the type are compared there. */
export function attributeKindOf(type: FieldType): AttributeKind {
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
      return "number";
    case "choices":
      return "list";
    case "computed":
      return type.result === "date-time" ? "timestamp" : type.result;
    default:
      return "text";
  }
}
