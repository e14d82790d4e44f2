import type { AttributeKind } from "./attribute-indexes.ts";

export interface Sort {
  readonly field: string;
  readonly direction: "asc" | "desc";
  /**
   * Of a path, such as a custom field: only values of this kind count, and others stand with the nulls, so that an index
   * of the field serves the order. Text that is a decimal number, such as an amount of money, counts among the numbers.
   * Without it numbers come first, then text, then booleans.
   */
  readonly kind?: Exclude<AttributeKind, "list">;
}

export interface PageRequest {
  /** 1 to 500; default 50. */
  readonly limit?: number;
  /** The `next` of an earlier page of the same query: an opaque keyset, so pages do not shift under inserts. Anything else is `CRM_STORAGE_CURSOR` (422). */
  readonly after?: string;
  /** Default: newest first by id. The id is always the last sort key. */
  readonly sort?: readonly Sort[];
}

export interface Page<T> {
  readonly items: readonly T[];
  /** Present when there is more. */
  readonly next?: string;
}
