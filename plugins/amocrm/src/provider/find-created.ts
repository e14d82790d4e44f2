import { z } from "zod";
import type { RestApi } from "../api/rest-api.ts";
import type { AccountFacts } from "../links/account-facts.ts";
import { type EntityLink, linkKey } from "../links/entity-links.ts";

/** amoCRM's clock and ours may differ this much. */
const CLOCKS_DIFFER_S = 10 * 60;
const MOST_PAGES = 20;

const fieldValues = z
  .array(z.object({ field_id: z.number(), values: z.array(z.object({ value: z.unknown() })) }))
  .nullable()
  .catch(null);
const entity = z.object({
  id: z.number(),
  created_at: z.number(),
  custom_fields_values: fieldValues,
  _embedded: z
    .object({ contacts: z.array(z.object({ id: z.number(), is_main: z.boolean().catch(false) })).optional() })
    .optional(),
});
type AmoEntity = z.infer<typeof entity>;
const links = z.object({ next: z.object({ href: z.string() }).optional() }).optional();
const leadPage = z.object({ _links: links, _embedded: z.object({ leads: z.array(entity) }) });
const contactPage = z.object({ _links: links, _embedded: z.object({ contacts: z.array(entity) }) });

/**
 * Finds out what became of creations whose answer was lost: amoCRM's newest entities are searched for our ids. Lists
 * show what was created at once, which search does not. Answers the links of what is there.
 */
export async function findCreated(
  rest: RestApi,
  facts: AccountFacts,
  intents: readonly EntityLink[],
): Promise<ReadonlyMap<string, number>> {
  const found = new Map<string, number>();
  const since = Math.floor(Math.min(...intents.map(({ askedAt }) => askedAt)) / 1000) - CLOCKS_DIFFER_S;
  const leads = intents.filter(({ kind }) => kind === "lead");
  if (leads.length > 0) {
    const recent = await newest(since, async (page) => {
      const list = await rest.get(`leads?with=contacts&limit=250&order[id]=desc&page=${page}`, leadPage);
      return { entities: list?._embedded.leads ?? [], more: list?._links?.next !== undefined };
    });
    match(found, recent, facts.fields.leads, leads);
  }
  const contacts = intents.filter(({ kind }) => kind === "contact");
  if (contacts.length > 0) {
    const recent = await newest(since, async (page) => {
      const list = await rest.get(`contacts?limit=250&order[id]=desc&page=${page}`, contactPage);
      return { entities: list?._embedded.contacts ?? [], more: list?._links?.next !== undefined };
    });
    match(found, recent, facts.fields.contacts, contacts);
  }
  return found;
}

function match(
  found: Map<string, number>,
  recent: readonly AmoEntity[],
  fieldId: number,
  intents: readonly EntityLink[],
): void {
  const byOurId = new Map(recent.map((one) => [ourIdOf(one, fieldId), one.id]));
  for (const { kind, ourId } of intents) {
    const amoId = byOurId.get(ourId);
    if (amoId !== undefined) found.set(linkKey(kind, ourId), amoId);
  }
}

async function newest(
  since: number,
  load: (page: number) => Promise<{ readonly entities: readonly AmoEntity[]; readonly more: boolean }>,
): Promise<AmoEntity[]> {
  const all: AmoEntity[] = [];
  for (let page = 1; page <= MOST_PAGES; page += 1) {
    const { entities, more } = await load(page);
    all.push(...entities);
    const last = entities.at(-1);
    if (!more || last === undefined || last.created_at < since) break;
  }
  return all;
}

function ourIdOf(one: AmoEntity, fieldId: number): string {
  const field = one.custom_fields_values?.find(({ field_id: id }) => id === fieldId);
  return String(field?.values[0]?.value ?? "");
}
