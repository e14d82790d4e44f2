import { Kysely } from "kysely";
import { kyselyDialect } from "./kysely-dialect.ts";
import type { Units } from "./unit-of-work.ts";

export type AnyKysely = Kysely<Record<string, Record<string, unknown>>>;

export function createKysely(units: Units): AnyKysely {
  return new Kysely({ dialect: kyselyDialect(units) });
}
