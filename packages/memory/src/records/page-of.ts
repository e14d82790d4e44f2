import { CrmError } from "@crmessenger/kernel";
import {
  type CriteriaSubject,
  type Json,
  type Page,
  type PageRequest,
  type Sort,
  compareDecimal,
  compareText,
  fieldOf,
  isDecimal,
} from "@crmessenger/kernel/infrastructure";

const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 500;

/** How a row is sorted: by fields of its subject, and at last by its id. */
export interface Sortable<R> {
  id(row: R): string;
  subject(row: R): CriteriaSubject;
}

/** The position of a row in a sorted list: the values it is sorted by, then its id. */
type Place = readonly Json[];

/** Sorts the rows and cuts the page out: text by code point, nulls last in both directions, ties by id. */
export function pageOf<R>(rows: readonly R[], request: PageRequest, how: Sortable<R>): Page<R> {
  const sort = request.sort ?? [];
  const limit = Math.min(Math.max(request.limit ?? DEFAULT_LIMIT, 1), MAX_LIMIT);
  const idDirection = sort.at(-1)?.direction ?? "desc";
  const placeOf = (row: R): Place => [...sort.map((by) => sortedValue(how.subject(row), by)), how.id(row)];
  const compare = (left: Place, right: Place) =>
    comparePlaces(left, right, [...sort, { field: "id", direction: idDirection }]);
  const placed = rows
    .map((row) => ({ row, place: placeOf(row) }))
    .toSorted((left, right) => compare(left.place, right.place));
  const after = request.after === undefined ? undefined : readCursor(request.after, sort);
  const start = after ? placed.findIndex(({ place }) => compare(place, after) > 0) : 0;
  const page = start < 0 ? [] : placed.slice(start, start + limit);
  const last = page.at(-1);
  const more = last !== undefined && start + limit < placed.length;
  return { items: page.map(({ row }) => row), ...(more ? { next: writeCursor(last.place, sort) } : {}) };
}

/** A value of another kind than is asked for counts as null. */
function sortedValue(subject: CriteriaSubject, { field, kind }: Sort): Json {
  const value = fieldOf(subject, field);
  if (kind === undefined || !field.includes(".")) return value;
  if (kind === "number" && typeof value === "string") return isDecimal(value) ? value : null;
  return typeof value === (kind === "number" || kind === "boolean" ? kind : "string") ? value : null;
}

function comparePlaces(left: Place, right: Place, sort: readonly Sort[]): number {
  for (const [index, { direction, kind }] of sort.entries()) {
    const [a, b] = [left[index] ?? null, right[index] ?? null];
    const sign = kind === "number" ? compareNumeric(a, b) : compareValues(a, b);
    if (sign !== 0) return a === null || b === null || direction === "asc" ? sign : -sign;
  }
  return 0;
}

/** Numbers, and decimal numbers in text. */
function compareNumeric(a: Json, b: Json): number {
  if (typeof a === "string" && typeof b === "number") return compareDecimal(a, b);
  if (typeof a === "number" && typeof b === "string") return -compareDecimal(b, a);
  if (typeof a === "string" && typeof b === "string") return compareDecimal(a, b);
  return compareValues(a, b);
}

/** Values of several kinds in one field have a fixed order too, so that pages never overlap; null is the last. */
function compareValues(a: Json, b: Json): number {
  if (typeof a === "string" && typeof b === "string") return compareText(a, b);
  if (typeof a === "number" && typeof b === "number") return a - b;
  if (typeof a === "boolean" && typeof b === "boolean") return Number(a) - Number(b);
  return kindRank(a) - kindRank(b);
}

function kindRank(value: Json): number {
  if (value === null) return 4;
  return { number: 0, string: 1, boolean: 2 }[typeof value as string] ?? 3;
}

function signature(sort: readonly Sort[]): string {
  return sort.map(({ field, direction, kind = "" }) => `${direction} ${field} ${kind}`).join();
}

function writeCursor(place: Place, sort: readonly Sort[]): string {
  return Buffer.from(JSON.stringify([signature(sort), ...place])).toString("base64url");
}

function readCursor(cursor: string, sort: readonly Sort[]): Place {
  try {
    const [made, ...place] = JSON.parse(Buffer.from(cursor, "base64url").toString()) as Json[];
    if (made === signature(sort) && place.length === sort.length + 1 && typeof place.at(-1) === "string") return place;
  } catch {
    // Falls through to the refusal.
  }
  throw new CrmError("CRM_STORAGE_CURSOR", "This cursor was not made for this list: begin again without one.", {
    status: 422,
  });
}
