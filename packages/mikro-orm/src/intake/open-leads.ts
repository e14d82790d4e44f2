import type { Database } from "../database/database.ts";

/** The newest open lead of each of these contacts, by contact. Only asked for when a conversation needs one. */
export async function openLeads(database: Database, contactIds: readonly string[], finalStatuses: readonly string[]): Promise<ReadonlyMap<string, string>> {
  if (contactIds.length === 0) return new Map();
  const { rows } = await database.query<{ contact_id: string; id: string }>(
    `select k.contact as contact_id, l.id from unnest($1::uuid[]) as k(contact)
     join lateral (
       select l.id from leads l where l.contact_id = k.contact and l.deleted_at is null and l.status <> all ($2::text[]) order by l.id desc limit 1
     ) l on true`,
    [contactIds, finalStatuses],
    { name: "intake-open-leads" },
  );
  return new Map(rows.map((row) => [row.contact_id, row.id]));
}
