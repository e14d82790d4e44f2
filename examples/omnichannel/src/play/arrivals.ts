import { setTimeout as sleep } from "node:timers/promises";
import type { Probe } from "./probe.ts";

const POLL_MS = 3;
const ABSENT_MS = 100;

/** A stored message, as SQL shows it. */
export interface Arrival {
  readonly messageId: string;
  readonly conversationId: string;
  /** Milliseconds since the epoch when SQL showed it first. */
  readonly seenAt: number;
}

interface Waiter {
  readonly accountId: string;
  readonly externalId: string;
  readonly resolve: (arrival: Arrival) => void;
}

/** Watches for messages to become visible in the database: one query for everybody who waits. */
export class Arrivals {
  readonly #probe: Probe;
  readonly #waiting = new Map<string, Waiter>();
  #looking = false;

  constructor(probe: Probe) {
    this.#probe = probe;
  }

  /** Resolves when the message of this external id is visible. */
  of(accountId: string, externalId: string): Promise<Arrival> {
    return new Promise((resolve) => {
      this.#waiting.set(`${accountId}/${externalId}`, { accountId, externalId, resolve });
      if (!this.#looking) void this.#look();
    });
  }

  async #look(): Promise<void> {
    this.#looking = true;
    while (this.#waiting.size > 0) {
      const waiters = [...this.#waiting.values()];
      try {
        const rows = await this.#probe.query(
          "select id, conversation_id, channel_account_id, external_id from messages where (channel_account_id, external_id) in (select * from unnest($1::uuid[], $2::text[]))",
          [waiters.map(({ accountId }) => accountId), waiters.map(({ externalId }) => externalId)],
        );
        this.#resolve(rows);
        await sleep(POLL_MS);
      } catch {
        await sleep(ABSENT_MS); // the application is being restarted; its database is away with it
      }
    }
    this.#looking = false;
  }

  #resolve(rows: readonly Record<string, unknown>[]): void {
    const seenAt = Date.now();
    for (const row of rows) {
      const key = `${String(row["channel_account_id"])}/${String(row["external_id"])}`;
      const waiter = this.#waiting.get(key);
      if (!waiter) continue;
      this.#waiting.delete(key);
      waiter.resolve({ messageId: String(row["id"]), conversationId: String(row["conversation_id"]), seenAt });
    }
  }
}
