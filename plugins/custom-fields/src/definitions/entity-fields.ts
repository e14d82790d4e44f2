import type { AttachedField } from "@crmessenger/kernel/extensibility";

/** The fields of one entity, sorted out once so that a write looks only at those that concern it. */
export interface EntityFields {
  /** In order of group and order, archived ones included. */
  readonly all: readonly AttachedField[];
  readonly byName: ReadonlyMap<string, AttachedField>;
  readonly live: readonly AttachedField[];
  readonly withDefault: readonly AttachedField[];
  readonly computed: readonly AttachedField[];
  readonly required: readonly AttachedField[];
  /** Live ones that take a permission to read. */
  readonly guarded: readonly AttachedField[];
}

export function entityFields(fields: readonly AttachedField[]): EntityFields {
  const all = fields.toSorted(inFormOrder);
  const live = all.filter(({ archived }) => !archived);
  return {
    all,
    byName: new Map(all.map((field) => [field.name, field])),
    live,
    withDefault: live.filter((field) => field.default !== null),
    computed: live.filter(({ type }) => type.kind === "computed"),
    required: live.filter(({ required, type }) => required !== false && type.kind !== "computed"),
    guarded: live.filter(({ permissions }) => permissions.read !== null),
  };
}

export const noFields: EntityFields = entityFields([]);

function inFormOrder(a: AttachedField, b: AttachedField): number {
  return compare(a.group, b.group) || a.order - b.order || compare(a.name, b.name);
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
