import type { AmoCrmSandbox } from "@crmessenger/sandbox/amocrm";
import type { Probe } from "../play/probe.ts";
import { type Comparison, compareSequence } from "./compare-sequence.ts";

/** The field of amoCRM's contacts and leads that says which of ours they are. */
const OUR_ID = "CRMESSENGER_ID";

const CONTACTS = "select distinct contact_id::text as id from conversations where channel_account_id = any($1::uuid[])";
const LEADS = `select id::text as id from leads where deleted_at is null and contact_id in
  (select contact_id from conversations where channel_account_id = any($1::uuid[]))`;

/** Our contacts and leads beside amoCRM's. */
export interface EntitiesReport {
  readonly contacts: number;
  readonly leads: number;
  readonly amocrm: { readonly contacts: number; readonly leads: number };
  /** Ours that amoCRM lacks, and those of amoCRM that are one of ours again or none, as requests of its own making. */
  readonly comparison: Pick<Comparison, "missing" | "duplicates">;
}

/** Holds the people of these accounts and their leads against what amoCRM has. */
export async function reportEntities(
  probe: Probe,
  amo: Pick<AmoCrmSandbox, "contacts" | "leads">,
  accountIds: readonly string[],
): Promise<EntitiesReport> {
  const idsOf = async (sql: string) => (await probe.query(sql, [accountIds])).map(({ id }) => String(id));
  const [contacts, leads] = [await idsOf(CONTACTS), await idsOf(LEADS)];
  const [amoContacts, amoLeads] = [amo.contacts().map(ourIdOf), amo.leads().map(ourIdOf)];
  const [people, requests] = [compareSequence(contacts, amoContacts), compareSequence(leads, amoLeads)];
  return {
    contacts: contacts.length,
    leads: leads.length,
    amocrm: { contacts: amoContacts.length, leads: amoLeads.length },
    comparison: {
      missing: people.missing + requests.missing,
      duplicates: people.duplicates + requests.duplicates,
    },
  };
}

function ourIdOf({ fields }: { readonly fields: unknown }): string {
  const known = fields as readonly { field_code: string | null; values: readonly { value: unknown }[] }[] | null;
  return String(known?.find(({ field_code: code }) => code === OUR_ID)?.values[0]?.value ?? "");
}
