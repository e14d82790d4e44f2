import { z } from "zod";
import type { RestApi } from "../api/rest-api.ts";

/** Of so many numbers each is searched for; of more, a small account is read as a whole instead. */
const SEARCHED_ONE_BY_ONE = 3;
/** An account of more contacts than fit in so many pages is not small. */
const PAGES_OF_SMALL_ACCOUNT = 4;

const values = z.array(z.object({ value: z.unknown() }));
const contact = z.object({
  id: z.number(),
  custom_fields_values: z
    .array(z.object({ field_code: z.string().nullable().catch(null), values }))
    .nullable()
    .catch(null),
});
const contacts = z.object({
  _links: z.object({ next: z.object({ href: z.string() }).optional() }).optional(),
  _embedded: z.object({ contacts: z.array(contact) }),
});

/**
 * Finds amoCRM's contacts by phone number, however it is written there; of several with the same number the oldest.
 * Answers their ids by the numbers given.
 */
export async function findByPhone(rest: RestApi, phones: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const found = new Map<string, number>();
  const all = phones.length > SEARCHED_ONE_BY_ONE ? await wholeSmallAccount(rest) : undefined;
  for (const phone of phones) {
    const digits = digitsOf(phone);
    const amoId = all === undefined ? await search(rest, digits) : all.get(digits);
    if (amoId !== undefined) found.set(phone, amoId);
  }
  return found;
}

async function search(rest: RestApi, digits: string): Promise<number | undefined> {
  const list = await rest.get(`contacts?query=${digits}&limit=50`, contacts);
  return indexOf(list?._embedded.contacts ?? []).get(digits);
}

/** Every phone number of the account, or undefined when there are too many contacts. */
async function wholeSmallAccount(rest: RestApi): Promise<ReadonlyMap<string, number> | undefined> {
  const all: z.infer<typeof contact>[] = [];
  for (let page = 1; page <= PAGES_OF_SMALL_ACCOUNT; page += 1) {
    const list = await rest.get(`contacts?limit=250&page=${page}`, contacts);
    all.push(...(list?._embedded.contacts ?? []));
    if (list?._links?.next === undefined) return indexOf(all);
  }
  return undefined;
}

function indexOf(found: readonly z.infer<typeof contact>[]): ReadonlyMap<string, number> {
  const index = new Map<string, number>();
  for (const { id, custom_fields_values: fields } of found) {
    for (const field of fields ?? []) {
      if (field.field_code !== "PHONE") continue;
      for (const { value } of field.values) {
        const digits = digitsOf(String(value));
        index.set(digits, Math.min(id, index.get(digits) ?? id));
      }
    }
  }
  return index;
}

function digitsOf(phone: string): string {
  return phone.replaceAll(/\D/gu, "");
}
