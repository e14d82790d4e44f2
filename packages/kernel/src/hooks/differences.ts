/** One field that is not what it was. `undefined`: the field is not there. */
export interface FieldDifference {
  /** Such as `source.utm.campaign`; empty for the whole value. */
  readonly path: string;
  readonly from: unknown;
  readonly to: unknown;
}

/** Where two values of plain data differ, field by field. Arrays are compared as wholes. */
export function differences(from: unknown, to: unknown, path = ""): readonly FieldDifference[] {
  if (Object.is(from, to)) return [];
  if (!isRecord(from) || !isRecord(to)) return isEqual(from, to) ? [] : [{ path, from, to }];
  const fields = [...new Set([...Object.keys(from), ...Object.keys(to)])];
  return fields.flatMap((field) => differences(from[field], to[field], path === "" ? field : `${path}.${field}`));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value);
}

function isEqual(from: unknown, to: unknown): boolean {
  return JSON.stringify(from) === JSON.stringify(to);
}
