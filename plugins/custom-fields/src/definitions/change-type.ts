import { CrmError } from "@crmessenger/kernel";
import type {
  AttachedField,
  AttributeHolderKind,
  FieldType,
  HolderSubject,
  TypeChange,
} from "@crmessenger/kernel/extensibility";
import { type Json, fieldOf, not, where } from "@crmessenger/kernel/infrastructure";
import { type FieldServices, holderOf } from "../services.ts";
import { convertValue } from "../values/convert-value.ts";
import { converting } from "../values/converting.ts";
import { wrongDefinition } from "./field-errors.ts";
import { definitionOf, ownField, requireSound, store } from "./save-field.ts";

export interface TypeChangeOptions {
  readonly dryRun: boolean;
  readonly dropRejected: boolean;
}

const PAGE = 500;
const SHOWN = 100;
/** More would hold one transaction open for too long. */
const MAX_VALUES = 50_000;
const DEADLINE_MS = 600_000;

interface Conversion {
  readonly id: string;
  readonly version: number;
  readonly before: Json;
  /** Null where the value has no meaning in the new type. */
  readonly after: Json;
}

/** Changes a field's type and every value of it, together or not at all. */
export function changeType(
  services: FieldServices,
  entity: string,
  { name, type }: { readonly name: string; readonly type: FieldType },
  { dryRun, dropRejected }: TypeChangeOptions,
): Promise<TypeChange> {
  const work = async (): Promise<TypeChange> => {
    const before = await ownField(services, entity, name);
    const after = inType(before, type);
    requireSound(services, entity, definitionOf(after));
    const holder = holderOf(services, entity);
    const conversions = await conversionsOf(holder, name, type);
    const rejected = conversions.filter((conversion) => conversion.after === null);
    const report = {
      converted: conversions.length - rejected.length,
      rejected: rejected.slice(0, SHOWN).map(({ id, before: value }) => ({ id, value })),
    };
    if (dryRun || (rejected.length > 0 && !dropRejected)) return { field: before, ...report };
    const field = await store(services, "type-changed", { before, after });
    await converting(async () => {
      for (const { id, version, after: value } of conversions)
        await holder.setAttributes(id, version, { [name]: value });
    });
    return { field, ...report };
  };
  return services.unitOfWork.run(work, { deadlineMs: DEADLINE_MS });
}

/** The definition in the new type, as far as it has a meaning there. */
function inType(before: AttachedField, type: FieldType): AttachedField {
  if (before.type.kind === "computed" || type.kind === "computed")
    throw wrongDefinition(before.entity, before.name, [
      { path: "type", message: "nothing becomes computed, and nothing else becomes of what is: make a new field" },
    ]);
  const converted = before.default === null ? undefined : convertValue(before.default, type);
  return { ...before, type, default: converted && "value" in converted ? converted.value : null };
}

async function conversionsOf(
  holder: AttributeHolderKind,
  name: string,
  type: FieldType,
): Promise<readonly Conversion[]> {
  const present = not(where(`attributes.${name}`).isNull());
  const found: Conversion[] = [];
  let after: string | undefined;
  do {
    const page = await holder.find(present, { limit: PAGE, ...(after === undefined ? {} : { after }) });
    found.push(...page.items.map((subject) => conversionOf(subject, name, type)));
    if (found.length > MAX_VALUES) throw tooMany(holder.name, name);
    after = page.next;
  } while (after !== undefined);
  return found;
}

function conversionOf(subject: HolderSubject, name: string, type: FieldType): Conversion {
  const before = subject.attributes[name] ?? null;
  const converted = convertValue(before, type);
  const [id, version] = [String(fieldOf(subject, "id")), Number(fieldOf(subject, "version"))];
  return { id, version, before, after: "value" in converted ? converted.value : null };
}

function tooMany(entity: string, name: string): CrmError {
  return new CrmError(
    "CRM_FIELD_TOO_MANY",
    `More than ${MAX_VALUES} values of "${name}" on ${entity} would have to be converted at once. Add a field of the new type, fill it step by step, and archive this one.`,
    { status: 422, details: { entity, field: name, limit: MAX_VALUES } },
  );
}
