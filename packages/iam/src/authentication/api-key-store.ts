import {
  type Clock,
  type Collection,
  type Collections,
  defineCollection,
  where,
} from "@crmessenger/kernel/infrastructure";
import type { ApiKey } from "@crmessenger/kernel/iam";
import { z } from "zod";
import { digestOf, randomToken } from "./tokens.ts";

const apiKeySchema = z.object({
  id: z.string(),
  userId: z.string(),
  name: z.string(),
  /** What the key is limited to; null for everything its user may do. */
  permissions: z.array(z.string()).nullable(),
  createdAt: z.string(),
  expiresAt: z.string().nullable(),
});

/** An API key as it is kept. The key itself is not in it: the key of the document is its digest. */
export type StoredApiKey = z.infer<typeof apiKeySchema>;

export const apiKeys = defineCollection("iam.api-keys", {
  schema: apiKeySchema,
  unique: { id: ["id"] },
  indexes: ["userId"],
});

/** Tells an API key from a session token, and lets secret scanners find one that leaked. */
const PREFIX = "crm_";

/** The API keys of users. */
export class ApiKeyStore {
  readonly #collection: Collection<StoredApiKey>;
  readonly #clock: Clock;

  constructor(collections: Collections, clock: Clock) {
    this.#collection = collections.open(apiKeys);
    this.#clock = clock;
  }

  static isKey(token: string): boolean {
    return token.startsWith(PREFIX);
  }

  async create(record: Omit<StoredApiKey, "createdAt">): Promise<ApiKey> {
    const key = `${PREFIX}${randomToken()}`;
    await this.#collection.insert(digestOf(key), { ...record, createdAt: this.#now() });
    return { id: record.id, key };
  }

  /** What is kept of the key, unless it has expired. */
  async find(key: string): Promise<StoredApiKey | undefined> {
    const found = await this.#collection.get(digestOf(key));
    if (!found) return undefined;
    const { expiresAt } = found.value;
    return expiresAt === null || expiresAt > this.#now() ? found.value : undefined;
  }

  async byId(id: string): Promise<StoredApiKey | undefined> {
    return (await this.#stored(id))?.value;
  }

  /** Answers whether there was one. */
  async revoke(id: string): Promise<boolean> {
    const stored = await this.#stored(id);
    return stored ? this.#collection.delete(stored.key) : false;
  }

  async #stored(id: string) {
    const found = await this.#collection.find(where<StoredApiKey>("id").eq(id), { limit: 1 });
    return found.items[0];
  }

  #now(): string {
    return new Date(this.#clock.now()).toISOString();
  }
}
