import type { SqlDatabase } from "@crmessenger/kernel/infrastructure";

/** What stands in the generated leads: $1 is how many. Spread over a year, a fifth of them converted. */
const GENERATED = `
  select i, ('00000000-0000-7000-8000-' || lpad(to_hex(i), 12, '0'))::uuid as id,
    '2025-01-01T00:00:00Z'::timestamptz + (i * 7919 % 31536000) * interval '1 second' as created_at,
    (array['telegram', 'whatsapp', 'http', 'web-form', 'manual'])[1 + i * 31 % 5] as channel,
    'manager-' || (i * 17 % 8) as owner,
    (array['Volvo', 'Saab', 'Koenigsegg', 'Polestar'])[1 + i * 13 % 4] as brand,
    case when i * 37 % 5 = 0 then 'converted' when i * 37 % 5 = 1 then 'disqualified' else 'in-progress' end as status,
    'spring-' || (i % 12) as campaign
  from generate_series(1, $1::bigint) i`;

const CONTACT = "00000000-0000-7000-8000-ffffffffffff";

/** The same leads three times: as the domain keeps them, as facts, and in the flat table that one would make for this report alone. */
export async function generateLeads(sql: SqlDatabase, count: number): Promise<void> {
  const [build] = await sql.query<{ table: string }>(
    `select table_name as "table" from analytics_builds where fact = 'lead' and status = 'live'`,
  );
  if (!build) throw new Error("Nothing serves reports on leads.");
  await sql.query(
    `insert into contacts (id, tenant_id, version, created_at, updated_at, name, attributes)
     values ($1::uuid, 'default', 1, now(), now(), 'Ada', '{}')`,
    [CONTACT],
  );
  await sql.query(
    `insert into leads (id, tenant_id, version, created_at, updated_at, title, contact_id, status, status_since, source, owner_id, attributes)
     select id, 'default', 4, created_at, created_at + interval '3 days', 'A lead', '${CONTACT}', status, created_at + interval '3 days',
       jsonb_build_object('channel', channel, 'utm', jsonb_build_object('source', 'ads', 'campaign', campaign)), owner,
       jsonb_build_object('brand', brand, 'note', 'called twice, prefers the evening', 'seats', i % 7, 'budget', jsonb_build_object('amount', '100.00', 'currency', 'EUR'))
     from (${GENERATED}) g`,
    [count],
  );
  await sql.query(
    `insert into "${build.table}" (tenant_id, key, version, "contactId", channel, "utmSource", "utmCampaign", "ownerId", status, "createdAt", "statusSince", "convertedAt", "timeToConvertMs", dialogs, "t_brand")
     select 'default', id, 4, '${CONTACT}', channel, 'ads', campaign, owner, status, created_at, created_at + interval '3 days',
       case when status = 'converted' then created_at + interval '3 days' end, case when status = 'converted' then 259200000 end, '{}', brand
     from (${GENERATED}) g`,
    [count],
  );
  await sql.query(
    `create table flat_leads (created_at timestamptz not null, channel text collate "C", owner_id text collate "C", brand text collate "C", converted boolean not null)`,
  );
  await sql.query(
    `insert into flat_leads select created_at, channel, owner, brand, status = 'converted' from (${GENERATED}) g`,
    [count],
  );
  for (const table of ["leads", "flat_leads", build.table]) await sql.query(`vacuum analyze "${table}"`);
}

/** The report by hand, over the flat table. */
export const FLAT_SQL = `
  select channel, date_trunc('week', created_at, 'Europe/Berlin') as week, owner_id, brand, count(*) as leads,
    count(*) filter (where converted)::float8 / count(*) as conversion
  from flat_leads group by 1, 2, 3, 4 order by 1, 2, 3, 4`;

/** And over the tables of the domain. */
export const NORMALISED_SQL = `
  select source ->> 'channel' as channel, date_trunc('week', created_at, 'Europe/Berlin') as week, owner_id, attributes ->> 'brand' as brand,
    count(*) as leads, count(*) filter (where status = 'converted')::float8 / count(*) as conversion
  from leads where tenant_id = 'default' and deleted_at is null group by 1, 2, 3, 4 order by 1, 2, 3, 4`;
