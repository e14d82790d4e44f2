import type { FactColumnKind } from "@crmessenger/kernel/analytics";
import type { AttachedField } from "@crmessenger/kernel/extensibility";
import { type Attributes, type Json, isDecimal } from "@crmessenger/kernel/infrastructure";

/** A column that a reportable custom field makes. */
export interface FieldColumn {
  /** In the facts: a letter for how the value is kept, and the field's name. A change of type makes another column. */
  readonly name: string;
  readonly kind: FactColumnKind;
  readonly label: string;
}

interface Keeping {
  readonly kind: FactColumnKind;
  /** What is kept of a value; null for what is none of the kind. */
  keep(value: Json): Json;
}

const DATE = /^\d{4}-\d\d-\d\d$/;

const text = (value: Json) => (typeof value === "string" ? value : null);

const KEEPING = {
  t: { kind: "text", keep: text },
  n: { kind: "number", keep: (value) => (typeof value === "number" ? value : null) },
  b: { kind: "boolean", keep: (value) => (typeof value === "boolean" ? value : null) },
  d: { kind: "date", keep: (value) => (isDate(value) ? value : null) },
  s: { kind: "timestamp", keep: (value) => (isTimestamp(value) ? value : null) },
  a: { kind: "decimal", keep: (value) => decimalOf(memberOf(value, "amount")) },
  c: { kind: "text", keep: (value) => text(memberOf(value, "currency")) },
  l: { kind: "text", keep: (value) => (Array.isArray(value) ? value.filter(isText).join(", ") : null) },
} satisfies Readonly<Record<string, Keeping>>;

type Letter = keyof typeof KEEPING;

/** How values of a field type are kept: money in two columns, several choices as one text. */
function lettersOf(type: AttachedField["type"]): readonly Letter[] {
  switch (type.kind) {
    case "number":
      return ["n"];
    case "boolean":
      return ["b"];
    case "date":
      return ["d"];
    case "date-time":
      return ["s"];
    case "money":
      return ["a", "c"];
    case "choices":
      return ["l"];
    case "computed":
      return type.result === "number"
        ? ["n"]
        : type.result === "boolean"
          ? ["b"]
          : type.result === "text"
            ? ["t"]
            : ["s"];
    default:
      return ["t"];
  }
}

/** The columns of a field; a second one is for the currency. */
export function columnsOf({
  name,
  label,
  type,
}: Pick<AttachedField, "name" | "label" | "type">): readonly FieldColumn[] {
  return lettersOf(type).map((letter) => ({
    name: `${letter}_${name}`,
    kind: KEEPING[letter].kind,
    label: letter === "c" ? `${label}, currency` : label,
  }));
}

/** What stands in the column for an entity with these custom fields. */
export function attributeIn(column: string, attributes: Attributes): Json {
  const letter = column.charAt(0);
  const value = attributes[column.slice(2)];
  return isLetter(letter) && value !== undefined ? KEEPING[letter].keep(value) : null;
}

/** Whether a column of facts was made by a custom field: the facts' own names hold no underscore. */
export function isFieldColumn(column: string): boolean {
  return column.charAt(1) === "_";
}

function isLetter(letter: string): letter is Letter {
  return Object.hasOwn(KEEPING, letter);
}

function isText(value: Json): value is string {
  return typeof value === "string";
}

function isDate(value: Json): boolean {
  return isText(value) && DATE.test(value) && isTimestamp(`${value}T00:00:00.000Z`);
}

function isTimestamp(value: Json): boolean {
  if (!isText(value) || value.length !== 24) return false;
  const time = Date.parse(value);
  return !Number.isNaN(time) && new Date(time).toISOString() === value;
}

/** Without zeros that say nothing, so that equal amounts are one value. */
function decimalOf(value: Json): Json {
  if (!isText(value) || !isDecimal(value)) return null;
  const [whole = "0", fraction = ""] = value.replace("-", "").split(".");
  const digits = fraction.replace(/0+$/, "");
  const plain = whole.replace(/^0+(?=\d)/, "") + (digits === "" ? "" : `.${digits}`);
  return value.startsWith("-") && plain !== "0" ? `-${plain}` : plain;
}

function memberOf(value: Json, name: string): Json {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return null;
  return (value as Readonly<Record<string, Json>>)[name] ?? null;
}
