/**
 * How values cross the wire, the same for both engines. PostgreSQL's text format is used throughout; the server
 * infers the type of each parameter from the statement.
 */

const OID = {
  bool: 16,
  bytea: 17,
  int8: 20,
  int2: 21,
  int4: 23,
  json: 114,
  float4: 700,
  float8: 701,
  boolArray: 1000,
  int2Array: 1005,
  int4Array: 1007,
  textArray: 1009,
  varcharArray: 1015,
  int8Array: 1016,
  float8Array: 1022,
  timestamp: 1114,
  timestamptz: 1184,
  timestamptzArray: 1185,
  uuidArray: 2951,
  jsonb: 3802,
} as const;

/** A parameter: text, raw bytes, or null. */
export type WireValue = string | Uint8Array | null;

/**
 * Turns a value into a parameter. Arrays become SQL arrays, other objects JSON; an array meant for a `jsonb` column
 * has to be passed through `JSON.stringify` by the caller.
 */
export function toWire(value: unknown): WireValue {
  switch (typeof value) {
    case "string":
      return value;
    case "number":
    case "bigint":
    case "boolean":
      return String(value);
    case "undefined":
      return null;
    case "object":
      return objectToWire(value);
    default:
      throw new TypeError(`A ${typeof value} can't be a statement's parameter.`);
  }
}

function objectToWire(value: object | null): WireValue {
  if (value === null || value instanceof Uint8Array) return value;
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return arrayLiteral(value);
  return JSON.stringify(value);
}

function arrayLiteral(values: readonly unknown[]): string {
  return `{${values.map(arrayElement).join(",")}}`;
}

function arrayElement(value: unknown): string {
  if (Array.isArray(value)) return arrayLiteral(value);
  const wire = toWire(value);
  if (wire === null) return "NULL";
  const text = typeof wire === "string" ? wire : `\\x${Buffer.from(wire).toString("hex")}`;
  return `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
}

export type WireParser = (text: string) => unknown;

const asIs: WireParser = (text) => text;
const toNumber: WireParser = Number;
const toBoolean: WireParser = (text) => text === "t";

/**
 * Parsers by type. Integers of 64 bits become numbers (none of ours leaves the safe range), decimals stay text,
 * times become RFC 3339 text in UTC with milliseconds, as records hold them.
 */
const PARSERS = new Map<number, WireParser>([
  [OID.bool, toBoolean],
  [OID.bytea, parseBytes],
  [OID.int8, toNumber],
  [OID.int2, toNumber],
  [OID.int4, toNumber],
  [OID.float4, toNumber],
  [OID.float8, toNumber],
  [OID.json, JSON.parse],
  [OID.jsonb, JSON.parse],
  [OID.timestamp, parseTimestamp],
  [OID.timestamptz, parseTimestamp],
  [OID.boolArray, arrayParser(toBoolean)],
  [OID.int2Array, arrayParser(toNumber)],
  [OID.int4Array, arrayParser(toNumber)],
  [OID.int8Array, arrayParser(toNumber)],
  [OID.float8Array, arrayParser(toNumber)],
  [OID.textArray, arrayParser(asIs)],
  [OID.varcharArray, arrayParser(asIs)],
  [OID.uuidArray, arrayParser(asIs)],
  [OID.timestamptzArray, arrayParser(parseTimestamp)],
]);

/** The parser for a column of this type; what is not listed stays text. */
export function wireParser(oid: number): WireParser {
  return PARSERS.get(oid) ?? asIs;
}

const UTC_TEXT = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{1,6})?(\+00)?$/;

/** `2026-11-20 06:49:00.12+00`, as both engines write it with their time zone set to UTC. */
function parseTimestamp(text: string): string {
  if (!UTC_TEXT.test(text)) return parseUnusualTimestamp(text);
  const fraction = text.charCodeAt(19) === 46 ? text.slice(20).replace("+00", "") : "";
  return `${text.slice(0, 10)}T${text.slice(11, 19)}.${fraction.slice(0, 3).padEnd(3, "0")}Z`;
}

/** Infinity, years beyond 9999 and other offsets. */
function parseUnusualTimestamp(text: string): string {
  const time = new Date(text.replace(" ", "T").replace(/([+-]\d\d)$/, "$1:00"));
  return Number.isNaN(time.getTime()) ? text : time.toISOString();
}

function parseBytes(text: string): Uint8Array {
  return Buffer.from(text.slice(2), "hex");
}

/** Parses a one-dimensional array literal such as `{1,"a \"b\"",NULL}`. */
function arrayParser(parse: WireParser): WireParser {
  return (text) => {
    const values: unknown[] = [];
    let index = 1;
    while (index < text.length - 1) {
      const element = readElement(text, index);
      values.push(element.text === null ? null : parse(element.text));
      index = element.end + 1; // past the comma
    }
    return values;
  };
}

function readElement(text: string, start: number): { text: string | null; end: number } {
  if (text[start] !== '"') {
    let end = start;
    while (text[end] !== "," && end < text.length - 1) end += 1;
    const plain = text.slice(start, end);
    return { text: plain === "NULL" ? null : plain, end };
  }
  let value = "";
  let index = start + 1;
  while (text[index] !== '"') {
    if (text[index] === "\\") index += 1;
    value += text[index];
    index += 1;
  }
  return { text: value, end: index + 1 };
}
