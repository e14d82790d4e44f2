import { z } from "zod";
import type { RestApi } from "../api/rest-api.ts";
import type { LinkKind } from "../links/entity-links.ts";

/** Changes of the last seconds before a mark are read again: times are whole seconds. */
const OVERLAP_S = 5;
const PAGE = 250;

const lead = z.object({
  id: z.number(),
  name: z.string(),
  updated_at: z.number(),
  status_id: z.number(),
  responsible_user_id: z.number(),
});
const contact = z.object({ id: z.number(), name: z.string(), updated_at: z.number() });
const leads = z.object({ _embedded: z.object({ leads: z.array(lead) }) });
const contacts = z.object({ _embedded: z.object({ contacts: z.array(contact) }) });

/** A contact or lead as amoCRM shows it. */
export interface AmoEntityState {
  readonly amoId: number;
  readonly name: string;
  readonly statusId: number | null;
  readonly responsibleUserId: number | null;
}

/** One that changed, and when by amoCRM's clock, in seconds. */
export interface ChangedEntity extends AmoEntityState {
  readonly updatedAt: number;
}

/** Reads what changed in amoCRM from its lists, which show a change at once. */
export class ChangeFeed {
  readonly #rest: RestApi;

  constructor(rest: RestApi) {
    this.#rest = rest;
  }

  /** The mark of present: when something changed last, by amoCRM's clock, which may differ from ours. */
  async mark(kind: LinkKind): Promise<number> {
    const [newest] = await this.#page(kind, "limit=1&order[updated_at]=desc");
    return newest?.updatedAt ?? 0;
  }

  /**
   * Everything that changed since the mark, the oldest first. Each page begins at the time where the last one ended, and
   * not behind it: what changes while we read moves to the end, and would make numbered pages skip others.
   */
  async since(mark: number, kind: LinkKind, signal: AbortSignal): Promise<readonly ChangedEntity[]> {
    const changed = new Map<number, ChangedEntity>();
    let from = mark - OVERLAP_S;
    for (let page = 1; ;) {
      signal.throwIfAborted();
      const query = `limit=${PAGE}&page=${page}&filter[updated_at][from]=${from}&order[updated_at]=asc`;
      const found = await this.#page(kind, query);
      for (const one of found) changed.set(one.amoId, one);
      const last = found.at(-1)?.updatedAt;
      if (last === undefined || found.length < PAGE) return [...changed.values()];
      page = last === from ? page + 1 : 1;
      from = last;
    }
  }

  async #page(kind: LinkKind, query: string): Promise<readonly ChangedEntity[]> {
    if (kind === "lead") {
      const list = await this.#rest.get(`leads?${query}`, leads);
      return (list?._embedded.leads ?? []).map((one) => ({
        amoId: one.id,
        name: one.name,
        statusId: one.status_id,
        responsibleUserId: one.responsible_user_id,
        updatedAt: one.updated_at,
      }));
    }
    const list = await this.#rest.get(`contacts?${query}`, contacts);
    return (list?._embedded.contacts ?? []).map((one) => ({
      amoId: one.id,
      name: one.name,
      statusId: null,
      responsibleUserId: null,
      updatedAt: one.updated_at,
    }));
  }
}
