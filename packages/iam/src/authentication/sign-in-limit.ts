import { CrmError, isCrmError } from "@crmessenger/kernel";
import {
  type Clock,
  type Collection,
  type Collections,
  defineCollection,
  where,
} from "@crmessenger/kernel/infrastructure";
import { z } from "zod";
import { digestOf } from "./tokens.ts";

const attemptsSchema = z.object({ failures: z.number().int(), lastAt: z.string() });

type Attempts = z.infer<typeof attemptsSchema>;

export const signInAttempts = defineCollection("iam.sign-in-attempts", { schema: attemptsSchema, indexes: ["lastAt"] });

/** Failures that cost no waiting: people mistype. */
const FREE_FAILURES = 5;
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 300_000;
const FORGOTTEN_AFTER_MS = 3_600_000;
const RACES = 20;
const SWEEP = 20;

/**
 * Slows down guessing: from the sixth failure in a row on, an e-mail address has to wait, twice as long each time, up
 * to five minutes. It counts for addresses that nobody has as well, or the difference would tell. Kept in the
 * storage, so all processes count together and a restart forgives nothing; under the digest of the address, since
 * people type passwords into the wrong field.
 */
export class SignInLimit {
  readonly #collection: Collection<Attempts>;
  readonly #clock: Clock;

  constructor(collections: Collections, clock: Clock) {
    this.#collection = collections.open(signInAttempts);
    this.#clock = clock;
  }

  /**
   * Counts an attempt as failed before it is made, so that many at once don't all slip through; `succeeded` takes it
   * back. `CRM_IAM_TOO_MANY_ATTEMPTS` when the address has to wait.
   */
  async begin(email: string): Promise<void> {
    const key = digestOf(email);
    for (let race = 0; race < RACES; race += 1) {
      const stored = await this.#collection.get(key);
      const now = this.#clock.now();
      const failures = stored ? failuresAt(stored.value, now) : 0;
      if (stored) refuseEarly(stored.value, failures, now);
      try {
        await this.#collection.put(
          key,
          { failures: failures + 1, lastAt: new Date(now).toISOString() },
          { expectedVersion: stored?.version ?? 0 },
        );
      } catch (error) {
        if (isCrmError(error, "CRM_STORAGE_VERSION_CONFLICT") || isCrmError(error, "CRM_STORAGE_DUPLICATE")) continue;
        throw error;
      }
      if (!stored) await this.#sweep(now);
      return;
    }
    throw tooMany(FIRST_WAIT_MS);
  }

  async succeeded(email: string): Promise<void> {
    await this.#collection.delete(digestOf(email));
  }

  /** Each new address makes room: what nobody waits for any more goes, a few at a time. */
  async #sweep(now: number): Promise<void> {
    const before = new Date(now - FORGOTTEN_AFTER_MS).toISOString();
    const stale = await this.#collection.find(where<Attempts>("lastAt").lt(before), { limit: SWEEP });
    for (const { key } of stale.items) await this.#collection.delete(key);
  }
}

function failuresAt({ failures, lastAt }: Attempts, now: number): number {
  return now - Date.parse(lastAt) > FORGOTTEN_AFTER_MS ? 0 : failures;
}

function refuseEarly({ lastAt }: Attempts, failures: number, now: number): void {
  if (failures < FREE_FAILURES) return;
  const wait = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (failures - FREE_FAILURES));
  const left = Date.parse(lastAt) + wait - now;
  if (left > 0) throw tooMany(left);
}

function tooMany(retryAfterMs: number): CrmError {
  const seconds = Math.ceil(retryAfterMs / 1_000);
  return new CrmError(
    "CRM_IAM_TOO_MANY_ATTEMPTS",
    `Too many failed attempts to sign in: wait ${seconds} s and try again.`,
    {
      status: 429,
      retryable: true,
      retryAfterMs,
    },
  );
}
