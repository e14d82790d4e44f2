import type { JobRun } from "@crmessenger/kernel/infrastructure";
import type { AccountBook } from "../links/account-facts.ts";
import type { EntityLinks, LinkKind } from "../links/entity-links.ts";
import type { ChangeFeed } from "../provider/change-feed.ts";
import type { ChangeApplier } from "./change-applier.ts";

/**
 * Takes over what changed in amoCRM. Its webhooks are unsigned, late and out of order, so they only say when to look;
 * what is true is what its lists say.
 */
export class EntityPuller {
  readonly #feed: ChangeFeed;
  readonly #book: AccountBook;
  readonly #links: EntityLinks;
  readonly #applier: ChangeApplier;

  constructor(parts: { feed: ChangeFeed; book: AccountBook; links: EntityLinks; applier: ChangeApplier }) {
    this.#feed = parts.feed;
    this.#book = parts.book;
    this.#links = parts.links;
    this.#applier = parts.applier;
  }

  /** Applies everything that changed since the last look. */
  async run({ data, signal }: Pick<JobRun<{ kind: LinkKind }>, "data" | "signal">): Promise<void> {
    const cursor = `${data.kind}s` as const;
    const since = await this.#book.cursor(cursor);
    if (since === undefined) {
      // Whatever changed before we came is as it is.
      await this.#book.setCursor(cursor, await this.#feed.mark(data.kind));
      return;
    }
    const changed = await this.#feed.since(since, data.kind, signal);
    const byAmoId = new Map(changed.map((one) => [one.amoId, one]));
    for (const link of await this.#linksOf(data.kind, [...byAmoId.keys()])) {
      const state = byAmoId.get(link.amoId ?? -1);
      if (state !== undefined) await this.#applier.apply(link, state);
    }
    const upTo = Math.max(since, ...changed.map(({ updatedAt }) => updatedAt));
    if (upTo > since) await this.#book.setCursor(cursor, upTo);
  }

  async #linksOf(kind: LinkKind, amoIds: readonly number[]): Promise<Awaited<ReturnType<EntityLinks["ofAmo"]>>> {
    const found = [];
    for (let at = 0; at < amoIds.length; at += 250) {
      found.push(...(await this.#links.ofAmo(kind, amoIds.slice(at, at + 250))));
    }
    return found;
  }
}
