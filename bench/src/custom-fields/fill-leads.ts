import { SqlDatabase } from "@crmessenger/kernel/infrastructure";
import type { Kernel } from "@crmessenger/kernel";

/** Statuses in turn, and managers: both as columns and, with the same values, as custom fields. */
export const STATUSES = ["new", "in-progress", "qualified", "disqualified"] as const;
export const MANAGERS = 1_000;

const TEMPLATES = 1_000;
const BATCH = 50_000;

/**
 * Fills the table of leads: each with a value in every field. What the fillers hold repeats every thousand leads, since
 * making 200 values for each of a million leads would take longer than all the rest.
 */
export async function fillLeads(kernel: Kernel, count: number, fillers: readonly string[]): Promise<void> {
  const sql = kernel.get(SqlDatabase);
  const values = fillers.map((name, index) => [name, FILLERS[index % FILLERS.length] as string] as const);
  await sql.query(
    `create table bench_templates as select n, (
      select jsonb_object_agg(f.name, case f.kind
        when 'text' then to_jsonb('value ' || (n * 7919 + f.number * 31) % 1000)
        when 'number' then to_jsonb((n * 7919 + f.number) % 100000)
        when 'date' then to_jsonb((date '2026-01-01' + ((n + f.number) % 365)::int)::text)
        else to_jsonb((n + f.number) % 2 = 0) end)
      from unnest($1::text[], $2::text[]) with ordinality f(name, kind, number)) as attributes
    from generate_series(0, ${TEMPLATES - 1}) n`,
    [values.map(([name]) => name), values.map(([, kind]) => kind)],
  );
  await sql.query(
    `insert into contacts (id, tenant_id, version, created_at, updated_at, name) values ($1, 'default', 1, now(), now(), 'Anna')`,
    [CONTACT],
  );
  for (let from = 0; from < count; from += BATCH)
    await sql.query(INSERT, [CONTACT, from, Math.min(from + BATCH, count) - 1, STATUSES]);
  await sql.query("vacuum analyze leads", []);
}

const FILLERS = ["text", "number", "date", "boolean"];
const CONTACT = "0190a1b2-0000-7000-8000-000000000001";

/** Statuses and managers are spread so that each pair of them occurs as often as any other. */
const INSERT = `
  insert into leads (id, tenant_id, version, created_at, updated_at, title, contact_id, status, status_since, source, owner_id, attributes)
  select lpad(to_hex(i), 32, '0')::uuid, 'default', 1, now(), now(), 'Lead ' || i, $1::uuid, status, now(),
    '{"channel": "telegram"}', manager, t.attributes || jsonb_build_object('stage', status, 'manager', manager)
  from generate_series($2::bigint, $3::bigint) i
  cross join lateral (select ($4::text[])[1 + i % 4] as status, 'manager ' || (i / 4) % ${MANAGERS} as manager) chosen
  join bench_templates t on t.n = i % ${TEMPLATES}`;
