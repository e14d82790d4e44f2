import { type Collection, type Collections, defineCollection } from "@crmessenger/kernel/infrastructure";
import { z } from "zod";

const accountFacts = z.object({
  accountId: z.number().int(),
  /** `account_id` of the chats API. */
  amojoId: z.string(),
  /** Where the channel's chats live. */
  scopeId: z.string(),
  /** Who messages are from that were written outside amoCRM: a user's or the channel's bot's id in the chats API. */
  authorId: z.string(),
  /** Custom fields that carry our ids. */
  fields: z.object({ contacts: z.number().int(), leads: z.number().int() }),
});
/** What was learnt of the account and prepared in it. */
export type AccountFacts = z.infer<typeof accountFacts>;

const AccountFactsDocuments = defineCollection("amocrm.account", { schema: accountFacts });
const SourceDocuments = defineCollection("amocrm.sources", { schema: z.object({ amoId: z.number().int() }) });
const CursorDocuments = defineCollection("amocrm.cursors", { schema: z.object({ at: z.number() }) });

const KEY = "account";

/** What is kept about the account as a whole. */
export class AccountBook {
  readonly #facts: Collection<AccountFacts>;
  readonly #sources: Collection<{ amoId: number }>;
  readonly #cursors: Collection<{ at: number }>;

  constructor(collections: Collections) {
    this.#facts = collections.open(AccountFactsDocuments);
    this.#sources = collections.open(SourceDocuments);
    this.#cursors = collections.open(CursorDocuments);
  }

  async facts(): Promise<AccountFacts | undefined> {
    return (await this.#facts.get(KEY))?.value;
  }

  async setFacts(facts: AccountFacts): Promise<void> {
    await this.#facts.put(KEY, facts);
  }

  /** Forgets what was prepared, so that it is prepared anew. */
  async forgetFacts(): Promise<void> {
    await this.#facts.delete(KEY);
  }

  /** Which of these sources are known to be in amoCRM. */
  async knownSources(externalIds: readonly string[]): Promise<ReadonlySet<string>> {
    return new Set((await this.#sources.getMany([...new Set(externalIds)])).map(({ key }) => key));
  }

  async addSources(sources: readonly { readonly externalId: string; readonly amoId: number }[]): Promise<void> {
    await this.#sources.putMany(sources.map(({ externalId, amoId }) => ({ key: externalId, value: { amoId } })));
  }

  /** Up to which time, in seconds, a feed of amoCRM's was read. */
  async cursor(feed: "events" | "leads" | "contacts"): Promise<number | undefined> {
    return (await this.#cursors.get(feed))?.value.at;
  }

  async setCursor(feed: "events" | "leads" | "contacts", at: number): Promise<void> {
    await this.#cursors.put(feed, { at });
  }
}
