import type { Json } from "@crmessenger/kernel/infrastructure";

/** The earlier of two times of which either may be missing. */
export function earlier(one: Json, other: Json): string | null {
  if (typeof one !== "string") return typeof other === "string" ? other : null;
  return typeof other === "string" && other < one ? other : one;
}

/** The later of two times of which either may be missing. */
export function later(one: Json, other: Json): string | null {
  if (typeof one !== "string") return typeof other === "string" ? other : null;
  return typeof other === "string" && other > one ? other : one;
}

/** Milliseconds from one time to another; a clock that went back makes it 0. Null when either is missing. */
export function msBetween(from: Json, to: Json): number | null {
  if (typeof from !== "string" || typeof to !== "string") return null;
  return Math.max(0, Date.parse(to) - Date.parse(from));
}
