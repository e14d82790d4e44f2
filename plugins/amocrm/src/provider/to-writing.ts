import type { CrmRecord } from "@crmessenger/kernel/sales";
import type { AccountFacts } from "../links/account-facts.ts";
import type { EntityLink } from "../links/entity-links.ts";
import { readFields, toAmoValues } from "./record-fields.ts";
import type { Writing } from "./record-writer.ts";

/** What is needed to write records in amoCRM's words. */
export interface RecordContext {
  readonly facts: AccountFacts;
  /** In milliseconds. */
  readonly now: number;
}

/** Nothing of ours was told to amoCRM yet, but for what a record says. */
const NOTHING_TOLD: EntityLink["ours"] = { name: "", status: null, ownerId: null };

/** A record in amoCRM's words, with the link that stands for it from then on; or what is wrong with it. */
export function toWriting(
  { facts, now }: RecordContext,
  record: CrmRecord,
  known: EntityLink | undefined,
): Writing | string {
  const kind = record.kind === "lead" ? "lead" : "contact";
  const fields = readFields(kind, record.fields);
  if (typeof fields === "string") return fields;
  const amoId = record.externalId === null ? (known?.amoId ?? null) : Number(record.externalId);
  if (amoId !== null && !Number.isSafeInteger(amoId)) return `"${record.externalId}" is no id of amoCRM's.`;
  const { body, customFields } = toAmoValues(fields);
  const before = known?.amo;
  return {
    body: {
      ...body,
      custom_fields_values: [{ field_id: facts.fields[`${kind}s`], values: [{ value: record.id }] }, ...customFields],
    },
    link: {
      kind,
      ourId: record.id,
      amoId,
      state: amoId === null ? "creating" : "linked",
      askedAt: now,
      amo: {
        name: fields.name ?? before?.name ?? "",
        statusId: fields.statusId ?? before?.statusId ?? null,
        responsibleUserId: fields.responsibleUserId ?? before?.responsibleUserId ?? null,
      },
      ours: known?.ours ?? NOTHING_TOLD,
    },
  };
}
