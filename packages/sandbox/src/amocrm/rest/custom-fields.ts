import { problem } from "../http/problem.ts";
import { hal } from "../http/reply.ts";
import type { CustomFieldRecord, EntityKind } from "../world/records.ts";
import { ItemCheck, refuseInvalid } from "./item-check.ts";
import { pageReply } from "./page.ts";
import { isRecord } from "../http/is-record.ts";
import { batchOf, idParam, type RestHandler, type RestRequest, selfLink } from "./rest-request.ts";

const TYPES = new Set([
  "text",
  "numeric",
  "checkbox",
  "select",
  "multiselect",
  "date",
  "url",
  "textarea",
  "radiobutton",
  "streetaddress",
  "date_time",
  "tracking_data",
]);
const CHOICE_TYPES = new Set(["select", "multiselect", "radiobutton"]);

/** `GET <entity>/custom_fields` */
export function listCustomFields(kind: EntityKind): RestHandler {
  return (request) => {
    const fields = [...request.world.customFields.values()].filter((field) => field.entity === kind);
    return pageReply(request, fields, { name: "custom_fields", render: (field) => render(request, field) });
  };
}

/** `GET <entity>/custom_fields/:id` */
export function getCustomField(kind: EntityKind): RestHandler {
  return (request) => {
    const field = request.world.field(kind, { id: idParam(request) });
    if (field === undefined) throw problem(404, "Custom field not found");
    return hal(render(request, field));
  };
}

/** `POST <entity>/custom_fields` */
export function createCustomFields(kind: EntityKind): RestHandler {
  return (request) => {
    const checks = batchOf(request).map((item, index) => new ItemCheck(item, index));
    const fields = checks.map((check) => read(request, kind, check));
    refuseInvalid(checks);
    const made = fields.map((field, index) => {
      request.world.customFields.set(field.id, field);
      return { ...render(request, field), request_id: checks[index]?.requestId };
    });
    return hal({ _total_items: made.length, _embedded: { custom_fields: made } });
  };
}

function read(request: RestRequest, kind: EntityKind, check: ItemCheck): CustomFieldRecord {
  const type = check.requiredText("type");
  if (type !== "" && !TYPES.has(type)) check.notChoice("type");
  const code = check.text("code");
  if (code !== undefined && request.world.field(kind, { code }) !== undefined) {
    check.fail("NotUnique", "code", "A field with this code exists.");
  }
  const enums = check.item["enums"];
  if (CHOICE_TYPES.has(type) && !Array.isArray(enums)) check.fail("FieldMissing", "enums", "This field is missing.");
  return {
    id: request.world.nextId(),
    entity: kind,
    name: check.requiredText("name"),
    type,
    code,
    isPredefined: false,
    sort: check.integer("sort") ?? 500,
    enums: CHOICE_TYPES.has(type) && Array.isArray(enums) ? readEnums(request, enums) : undefined,
  };
}

function readEnums(request: RestRequest, given: readonly unknown[]): NonNullable<CustomFieldRecord["enums"]> {
  return given.flatMap((value, index) => {
    if (!isRecord(value) || typeof value["value"] !== "string") return [];
    const sort = typeof value["sort"] === "number" ? value["sort"] : index + 1;
    const code = typeof value["code"] === "string" ? { code: value["code"] } : {};
    return [{ id: request.world.nextId(), value: value["value"], sort, ...code }];
  });
}

function render(request: RestRequest, field: CustomFieldRecord): Record<string, unknown> {
  return {
    id: field.id,
    name: field.name,
    type: field.type,
    account_id: request.world.account.id,
    code: field.code ?? null,
    sort: field.sort,
    is_api_only: false,
    enums: field.enums?.map(({ id, value, sort }) => ({ id, value, sort })) ?? null,
    group_id: null,
    required_statuses: [],
    is_deletable: !field.isPredefined,
    is_predefined: field.isPredefined,
    entity_type: field.entity,
    remind: null,
    settings: null,
    _links: selfLink(request, `${field.entity}/custom_fields/${field.id}`),
  };
}
