import { executionContext } from "@crmessenger/kernel";
import type { Json, Settings } from "@crmessenger/kernel/infrastructure";
import type { Database } from "../database/database.ts";

export interface SettingsServices {
  readonly database: Database;
}

/** Settings as rows. Nothing is cached: what one process sets, the next read of another one sees. */
export function createSettings({ database }: SettingsServices): Settings {
  return {
    async get(key) {
      const { rows } = await database.query<{ value: Json }>(GET, [executionContext().tenantId, key], {
        name: "settings_get",
      });
      return rows[0]?.value;
    },
    async set(key, value) {
      await database.query(SET, [executionContext().tenantId, key, JSON.stringify(value)], { name: "settings_set" });
    },
    async delete(key) {
      await database.query(DELETE, [executionContext().tenantId, key], { name: "settings_delete" });
    },
  };
}

const GET = `select value from settings where tenant_id = $1 and key = $2`;

const SET = `
  insert into settings (tenant_id, key, value) values ($1, $2, $3::jsonb)
  on conflict (tenant_id, key) do update set value = excluded.value, updated_at = now()`;

const DELETE = `delete from settings where tenant_id = $1 and key = $2`;
