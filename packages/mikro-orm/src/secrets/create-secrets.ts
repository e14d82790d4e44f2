import { executionContext } from "@crmessenger/kernel";
import type { Secret, SecretNamespace, Secrets } from "@crmessenger/kernel/infrastructure";
import type { Database } from "../database/database.ts";
import type { KeyRing } from "./key-ring.ts";

export interface SecretsServices {
  readonly database: Database;
  /** The keys, once they are loaded. */
  readonly keys: () => KeyRing;
}

export interface SecretsHandle extends Secrets {
  /** Seals anew what was sealed with an older key of the ring; answers how many secrets that were. */
  rotate(): Promise<number>;
}

interface SecretRow {
  readonly [column: string]: unknown;
  readonly key: string;
  readonly version: number;
  readonly sealed: Uint8Array;
}

export function createSecrets(services: SecretsServices): SecretsHandle {
  return { namespace: (name) => namespace(services, name), rotate: () => rotate(services) };
}

function namespace({ database, keys }: SecretsServices, name: string): SecretNamespace {
  const here = (key: string) => ({ tenantId: executionContext().tenantId, namespace: name, key });
  const seal = (key: string, value: Uint8Array) => keys().seal(value, here(key));
  const opened = ({ key, version, sealed }: SecretRow): Secret => ({ value: keys().open(sealed, here(key)), version });
  const run = (statement: keyof typeof STATEMENTS, ...parameters: readonly unknown[]) =>
    database.query<SecretRow>(STATEMENTS[statement], [executionContext().tenantId, name, ...parameters], {
      name: `secrets_${statement}`,
    });
  return {
    async get(key) {
      const { rows } = await run("get", [key]);
      return rows[0] && opened(rows[0]);
    },
    async getMany(wanted) {
      if (wanted.length === 0) return new Map();
      const { rows } = await run("get", wanted);
      return new Map(rows.map((row) => [row.key, opened(row)]));
    },
    async set(key, value) {
      await run("set", [key], [seal(key, value)], []);
    },
    async setMany(entries) {
      if (entries.size === 0) return;
      // In the order of the keys, so that two that write the same ones wait for each other and never in a circle.
      const sorted = [...entries].toSorted(([a], [b]) => (a < b ? -1 : 1));
      const kept = sorted.flatMap(([key, value]) => (value === null ? [] : [[key, seal(key, value)] as const]));
      const gone = sorted.flatMap(([key, value]) => (value === null ? [key] : []));
      await run(
        "set",
        kept.map(([key]) => key),
        kept.map(([, sealed]) => sealed),
        gone,
      );
    },
    async compareAndSet(key, expected, value) {
      const { rowCount } =
        expected === 0
          ? await run("create", key, seal(key, value))
          : await run("replace", key, seal(key, value), expected);
      return rowCount > 0;
    },
    async keys(prefix = "") {
      return (await run("keys", prefix)).rows.map(({ key }) => key);
    },
    async clear() {
      await run("clear");
    },
  };
}

const STATEMENTS = {
  get: `select key, version, sealed from secrets where tenant_id = $1 and namespace = $2 and key = any($3::text[])`,
  set: `
    with gone as (delete from secrets where tenant_id = $1 and namespace = $2 and key = any($5::text[]))
    insert into secrets as s (tenant_id, namespace, key, version, sealed)
    select $1, $2, n.key, 1, n.sealed from unnest($3::text[], $4::bytea[]) as n(key, sealed)
    on conflict (tenant_id, namespace, key) do update set version = s.version + 1, sealed = excluded.sealed, updated_at = now()`,
  create: `insert into secrets (tenant_id, namespace, key, version, sealed) values ($1, $2, $3, 1, $4::bytea) on conflict do nothing`,
  replace: `
    update secrets set version = version + 1, sealed = $4::bytea, updated_at = now()
    where tenant_id = $1 and namespace = $2 and key = $3 and version = $5::int`,
  keys: `select key from secrets where tenant_id = $1 and namespace = $2 and starts_with(key, $3) order by key`,
  clear: `delete from secrets where tenant_id = $1 and namespace = $2`,
} as const;

const ROTATED_AT_ONCE = 200;

/** The version stays: to those who compare it nothing has changed. */
async function rotate({ database, keys }: SecretsServices): Promise<number> {
  const ring = keys();
  let rotated = 0;
  for (;;) {
    const { rows } = await database.query<SecretRow & { readonly tenant_id: string; readonly namespace: string }>(
      STALE,
      [Buffer.from(ring.currentKeyId, "hex"), ROTATED_AT_ONCE],
    );
    if (rows.length === 0) return rotated;
    for (const { tenant_id: tenantId, namespace, key, version, sealed } of rows) {
      const place = { tenantId, namespace, key };
      const { rowCount } = await database.query(
        RESEAL,
        [tenantId, namespace, key, ring.seal(ring.open(sealed, place), place), version],
        { name: "secrets_reseal" },
      );
      rotated += rowCount;
    }
  }
}

/** Bytes 2 to 5 of a sealed value are the id of its key. */
const STALE = `select tenant_id, namespace, key, version, sealed from secrets where substring(sealed from 2 for 4) <> $1::bytea limit $2::int`;

const RESEAL = `update secrets set sealed = $4::bytea where tenant_id = $1 and namespace = $2 and key = $3 and version = $5::int`;
