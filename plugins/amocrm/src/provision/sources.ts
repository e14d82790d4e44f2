import type { ChannelAccount } from "@crmessenger/kernel/communication";
import { isCrmError } from "@crmessenger/kernel";
import { z } from "zod";
import type { RestApi } from "../api/rest-api.ts";
import type { AccountBook } from "../links/account-facts.ts";

/** Most sources of one request, by amoCRM's documentation. */
const MOST = 50;

const sources = z.object({
  _embedded: z.object({ sources: z.array(z.object({ id: z.number(), external_id: z.string() })) }),
});

/** A channel account's source in amoCRM is known there by our account id, which has the 36 characters allowed. */
export function sourceExternalId(channelAccountId: string): string {
  return channelAccountId;
}

/** Makes sure that amoCRM has a source for each of these channel accounts. */
export async function ensureSources(
  parts: { readonly rest: RestApi; readonly book: AccountBook },
  accounts: readonly ChannelAccount[],
): Promise<void> {
  const known = await parts.book.knownSources(accounts.map(({ id }) => sourceExternalId(id)));
  const missing = accounts.filter(({ id }) => !known.has(sourceExternalId(id))).slice(0, MOST);
  if (missing.length === 0) return;
  const present = await find(parts.rest, missing);
  const fresh = missing.filter(({ id }) => !present.has(sourceExternalId(id)));
  const made = fresh.length === 0 ? new Map<string, number>() : await create(parts.rest, fresh);
  await parts.book.addSources([...present, ...made].map(([externalId, amoId]) => ({ externalId, amoId })));
}

async function find(rest: RestApi, accounts: readonly ChannelAccount[]): Promise<Map<string, number>> {
  const filter = accounts.map(({ id }) => `filter[external_id][]=${encodeURIComponent(sourceExternalId(id))}`);
  const found = await rest.get(`sources?${filter.join("&")}`, sources);
  return new Map(found?._embedded.sources.map((source) => [source.external_id, source.id]) ?? []);
}

async function create(rest: RestApi, accounts: readonly ChannelAccount[]): Promise<Map<string, number>> {
  const body = accounts.map(({ id, name, type }) => ({ name: `${name} (${type})`, external_id: sourceExternalId(id) }));
  try {
    const made = await rest.create("sources", body, sources);
    return new Map(made._embedded.sources.map((source) => [source.external_id, source.id]));
  } catch (error) {
    // Another process, or an answer that was lost: the external id is unique, so they can be found.
    if (!isCrmError(error, "CRM_AMOCRM_REFUSED")) throw error;
    const present = await find(rest, accounts);
    if (present.size === 0) throw error;
    return present;
  }
}
