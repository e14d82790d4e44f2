import type { Clock, JobRun } from "@crmessenger/kernel/infrastructure";
import { z } from "zod";
import type { RestApi } from "../api/rest-api.ts";
import type { AccountBook } from "../links/account-facts.ts";
import type { EntityLinks, LinkKind } from "../links/entity-links.ts";
import type { AmoEntityState, ChangeApplier } from "./change-applier.ts";

/** Changes of the last seconds before the cursor are looked at again: times are whole seconds. */
const OVERLAP_S = 5;
const MOST_PAGES = 20;

const lead = z.object({
  id: z.number(),
  name: z.string(),
  updated_at: z.number(),
  status_id: z.number(),
  responsible_user_id: z.number(),
});
const contact = z.object({ id: z.number(), name: z.string(), updated_at: z.number() });
const links = z.object({ next: z.object({ href: z.string() }).optional() }).optional();
const leads = z.object({ _links: links, _embedded: z.object({ leads: z.array(lead) }) });
const contacts = z.object({ _links: links, _embedded: z.object({ contacts: z.array(contact) }) });

interface Changed extends AmoEntityState {
  readonly updatedAt: number;
}

/**
 * Reads what changed in amoCRM. Its webhooks are unsigned, late and out of order, so they only say when to look; what
 * is true is what its lists say.
 */
export class EntityPuller {
  readonly #rest: RestApi;
  readonly #book: AccountBook;
  readonly #links: EntityLinks;
  readonly #applier: ChangeApplier;
  readonly #clock: Clock;

  constructor(parts: { rest: RestApi; book: AccountBook; links: EntityLinks; applier: ChangeApplier; clock: Clock }) {
    this.#rest = parts.rest;
    this.#book = parts.book;
    this.#links = parts.links;
    this.#applier = parts.applier;
    this.#clock = parts.clock;
  }

  /** Applies everything that changed since the last look. */
  async run({ data }: Pick<JobRun<{ kind: LinkKind }>, "data">): Promise<void> {
    const feed = `${data.kind}s` as const;
    const since = await this.#book.cursor(feed);
    if (since === undefined) {
      // Whatever changed before we came is as it is.
      await this.#book.setCursor(feed, Math.floor(this.#clock.now() / 1000));
      return;
    }
    const changed = await this.#changedSince(data.kind, since - OVERLAP_S);
    const byAmoId = new Map(changed.map((one) => [one.amoId, one]));
    for (const link of await this.#linksOf(data.kind, [...byAmoId.keys()])) {
      const state = byAmoId.get(link.amoId ?? -1);
      if (state !== undefined) await this.#applier.apply(link, state);
    }
    const upTo = Math.max(since, ...changed.map(({ updatedAt }) => updatedAt));
    if (upTo > since) await this.#book.setCursor(feed, upTo);
  }

  async #linksOf(kind: LinkKind, amoIds: readonly number[]): Promise<Awaited<ReturnType<EntityLinks["ofAmo"]>>> {
    const found = [];
    for (let at = 0; at < amoIds.length; at += 250) {
      found.push(...(await this.#links.ofAmo(kind, amoIds.slice(at, at + 250))));
    }
    return found;
  }

  /** Newest first, page by page, until it gets old. */
  async #changedSince(kind: LinkKind, since: number): Promise<Changed[]> {
    const changed: Changed[] = [];
    for (let page = 1; page <= MOST_PAGES; page += 1) {
      const { items, more } = await this.#page(kind, page);
      const fresh = items.filter(({ updatedAt }) => updatedAt >= since);
      changed.push(...fresh);
      if (!more || fresh.length < items.length) break;
    }
    return changed;
  }

  async #page(kind: LinkKind, page: number): Promise<{ items: Changed[]; more: boolean }> {
    const query = `limit=250&page=${page}&order[updated_at]=desc`;
    if (kind === "lead") {
      const list = await this.#rest.get(`leads?${query}`, leads);
      const items = (list?._embedded.leads ?? []).map((one) => ({
        amoId: one.id,
        name: one.name,
        statusId: one.status_id,
        responsibleUserId: one.responsible_user_id,
        updatedAt: one.updated_at,
      }));
      return { items, more: list?._links?.next !== undefined };
    }
    const list = await this.#rest.get(`contacts?${query}`, contacts);
    const items = (list?._embedded.contacts ?? []).map((one) => ({
      amoId: one.id,
      name: one.name,
      statusId: null,
      responsibleUserId: null,
      updatedAt: one.updated_at,
    }));
    return { items, more: list?._links?.next !== undefined };
  }
}
