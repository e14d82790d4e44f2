import { z } from "zod";
import { type Collection, type Collections, defineCollection } from "@crmessenger/kernel/infrastructure";
import { type DeliveryUpdate, advanceDelivery } from "@crmessenger/kernel/communication";

const status = z.enum(["sent", "delivered", "read", "failed"]);

/** A status of a message whose external id we do not know yet: its acceptance is still on the way to the database. */
const EarlyReport = defineCollection("communication.early-reports", {
  schema: z.object({ status, at: z.string(), failure: z.string().nullable() }),
});

/** How far a chat was read or delivered, by the highest external id. */
const ReadMark = defineCollection("communication.read-marks", {
  schema: z.object({ status, at: z.string(), upTo: z.string() }),
});

export type EarlyReport = z.infer<typeof EarlyReport.schema>;
export type ReadMark = z.infer<typeof ReadMark.schema>;

/**
 * Reports that came before their message was known to be accepted. A provider may report a message as read before
 * its own answer to the sending is committed, and it reports only once.
 */
export class EarlyReports {
  readonly #reports: Collection<EarlyReport>;
  readonly #marks: Collection<ReadMark>;

  constructor(collections: Collections) {
    this.#reports = collections.open(EarlyReport);
    this.#marks = collections.open(ReadMark);
  }

  /** Of several reports the furthest is kept, in whatever order they come. */
  async keep(accountId: string, externalId: string, update: DeliveryUpdate): Promise<void> {
    const known = await this.#reports.get(`${accountId}/${externalId}`);
    if (known && advanceDelivery(known.value.status, update.status) === known.value.status) return;
    await this.#reports.put(`${accountId}/${externalId}`, { status: update.status, at: update.at, failure: update.failure ?? null });
  }

  /** The report kept for this message, which is forgotten with it. */
  async take(accountId: string, externalId: string): Promise<EarlyReport | undefined> {
    const key = `${accountId}/${externalId}`;
    const found = await this.#reports.get(key);
    if (found) await this.#reports.delete(key);
    return found?.value;
  }

  async mark(accountId: string, conversationExternalId: string, mark: ReadMark): Promise<void> {
    const key = `${accountId}/${conversationExternalId}/${mark.status}`;
    const known = await this.#marks.get(key);
    if (!known || BigInt(known.value.upTo) < BigInt(mark.upTo)) await this.#marks.put(key, mark);
  }

  /** The marks that cover this message. */
  async marksOver(accountId: string, conversationExternalId: string, externalId: string): Promise<readonly ReadMark[]> {
    if (!/^\d+$/.test(externalId)) return [];
    const keys = ["delivered", "read"].map((name) => `${accountId}/${conversationExternalId}/${name}`);
    const marks = await this.#marks.getMany(keys);
    return marks.map(({ value }) => value).filter((mark) => BigInt(mark.upTo) >= BigInt(externalId));
  }
}
