import { type DeliveryUpdate, advanceDelivery } from "@crmessenger/kernel/communication";
import {
  type Clock,
  type Collection,
  type Collections,
  defineCollection,
  where,
} from "@crmessenger/kernel/infrastructure";
import { z } from "zod";
import { timestampOf } from "../services.ts";
import type { StatusReport } from "./advance-message.ts";

const status = z.enum(["sent", "delivered", "read", "failed"]);

/** A status of a message whose external id we do not know: its acceptance is still on the way to the database, or it is none of ours. */
const EarlyReport = defineCollection("communication.early-reports", {
  schema: z.object({ status, at: z.string(), failure: z.string().nullable(), keptAt: z.string() }),
  indexes: ["keptAt"],
});

/** How far a chat was read or delivered, by the highest external id. */
const ReadMark = defineCollection("communication.read-marks", {
  schema: z.object({ status, at: z.string(), upTo: z.string() }),
});

type EarlyReport = z.infer<typeof EarlyReport.schema>;
type ReadMark = z.infer<typeof ReadMark.schema>;

const PAGE = 500;

/**
 * Reports that came before their message was known to be accepted. A provider may report a message as read before
 * its own answer to the sending is committed, and it reports only once. Whoever keeps or takes holds the account's row.
 */
export class EarlyReports {
  readonly #clock: Clock;
  readonly #reports: Collection<EarlyReport>;
  readonly #marks: Collection<ReadMark>;

  constructor(collections: Collections, clock: Clock) {
    this.#clock = clock;
    this.#reports = collections.open(EarlyReport);
    this.#marks = collections.open(ReadMark);
  }

  /** Of several reports about one message the one that came furthest is kept. */
  async keep(accountId: string, externalId: string, { status, at, failure }: DeliveryUpdate): Promise<void> {
    const key = `${accountId}/${externalId}`;
    const known = (await this.#reports.get(key))?.value.status;
    if (known !== undefined && advanceDelivery(known, status) === known) return;
    await this.#reports.put(key, { status, at, failure: failure ?? null, keptAt: timestampOf(this.#clock) });
  }

  /** A chat was delivered or read up to an id. */
  async mark(accountId: string, chat: string, { status, at, upTo }: ReadMark): Promise<void> {
    const key = `${accountId}/${chat}/${status}`;
    const known = await this.#marks.get(key);
    if (!known || BigInt(known.value.upTo) < BigInt(upTo)) await this.#marks.put(key, { status, at, upTo });
  }

  /** What was reported about the message; what was kept for it alone is forgotten. */
  async take(accountId: string, chat: string, externalId: string): Promise<readonly StatusReport[]> {
    const key = `${accountId}/${externalId}`;
    const found = await this.#reports.get(key);
    if (found) await this.#reports.delete(key);
    return [...(found ? [found.value] : []), ...(await this.#marksOver(accountId, chat, externalId))];
  }

  /** Forgets a number of the reports that were kept before this time, and answers whether there may be more. */
  async forget(before: string): Promise<boolean> {
    const old = await this.#reports.find(where<EarlyReport>("keptAt").lt(before), { limit: PAGE });
    for (const { key } of old.items) await this.#reports.delete(key);
    return old.next !== undefined;
  }

  async #marksOver(accountId: string, chat: string, externalId: string): Promise<readonly StatusReport[]> {
    if (!/^\d+$/.test(externalId)) return [];
    const marks = await this.#marks.getMany(["delivered", "read"].map((name) => `${accountId}/${chat}/${name}`));
    return marks.map(({ value }) => value).filter(({ upTo }) => BigInt(upTo) >= BigInt(externalId));
  }
}
