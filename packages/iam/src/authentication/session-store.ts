import {
  type Clock,
  type Collection,
  type Collections,
  and,
  defineCollection,
  where,
} from "@crmessenger/kernel/infrastructure";
import { z } from "zod";
import { everyPage } from "../record/every-page.ts";
import { digestOf } from "./tokens.ts";

const sessionSchema = z.object({
  id: z.string(),
  userId: z.string(),
  expiresAt: z.string(),
  createdAt: z.string(),
  updatedAt: z.string(),
  ipAddress: z.string().nullish(),
  userAgent: z.string().nullish(),
});

/** A sign-in that lasts. Its token is not in it: the key is the token's digest. */
export type Session = z.infer<typeof sessionSchema>;

export const sessions = defineCollection("iam.sessions", { schema: sessionSchema, indexes: ["userId"] });

/** The sessions of users, found by their tokens. */
export class SessionStore {
  readonly collection: Collection<Session>;
  readonly #clock: Clock;

  constructor(collections: Collections, clock: Clock) {
    this.collection = collections.open(sessions);
    this.#clock = clock;
  }

  /** The session of the token, unless it has expired. */
  async find(token: string): Promise<Session | undefined> {
    const found = await this.collection.get(digestOf(token));
    return found && found.value.expiresAt > this.#now() ? found.value : undefined;
  }

  async end(token: string): Promise<void> {
    await this.collection.delete(digestOf(token));
  }

  async endAll(userId: string): Promise<void> {
    await this.#delete(where<Session>("userId").eq(userId));
  }

  /** Forgets what has expired, user by user, so that no sweep over all of them is ever needed. */
  async forgetExpired(userId: string): Promise<void> {
    await this.#delete(and(where<Session>("userId").eq(userId), where<Session>("expiresAt").lte(this.#now())));
  }

  async #delete(criteria: ReturnType<typeof and>): Promise<void> {
    const found = await everyPage((page) => this.collection.find(criteria, page));
    for (const { key } of found) await this.collection.delete(key);
  }

  #now(): string {
    return new Date(this.#clock.now()).toISOString();
  }
}
