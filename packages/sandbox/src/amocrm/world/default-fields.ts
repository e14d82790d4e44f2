import type { CustomFieldRecord, EntityKind } from "./records.ts";

const PHONE_ENUMS = ["WORK", "WORKDD", "MOB", "FAX", "HOME", "OTHER"];
const EMAIL_ENUMS = ["WORK", "PRIV", "OTHER"];

/** Fields that amoCRM itself puts on contacts and companies of a new account. */
export function defaultFields(nextId: () => number): CustomFieldRecord[] {
  const field = (entity: EntityKind, name: string, code: string, enums?: readonly string[]): CustomFieldRecord => ({
    id: nextId(),
    entity,
    name,
    code,
    type: enums === undefined ? "text" : "multitext",
    isPredefined: true,
    sort: 500,
    enums: enums?.map((value, index) => ({ id: nextId(), value, sort: index + 1, code: value })),
  });
  return [
    field("contacts", "Должность", "POSITION"),
    field("contacts", "Телефон", "PHONE", PHONE_ENUMS),
    field("contacts", "Email", "EMAIL", EMAIL_ENUMS),
    field("companies", "Телефон", "PHONE", PHONE_ENUMS),
    field("companies", "Email", "EMAIL", EMAIL_ENUMS),
  ];
}
