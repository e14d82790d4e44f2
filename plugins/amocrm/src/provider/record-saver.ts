import type { Clock } from "@crmessenger/kernel/infrastructure";
import type { CrmRecord, CrmSaveResult } from "@crmessenger/kernel/sales";
import type { AccountSetup } from "../connection/account-setup.ts";
import { type EntityLink, type EntityLinks, linkKey, linkKind } from "../links/entity-links.ts";
import { deferralOf } from "./deferral.ts";
import type { Creation, RecordWriter, Writing } from "./record-writer.ts";
import { type RecordContext, toWriting } from "./to-writing.ts";

/** Leads of a contact that is new and has another one wait for the second round. */
const ROUNDS = 2;

/** By {@link linkKey}. */
type ByKey<T> = ReadonlyMap<string, T>;

/** What is known of one call of `save` so far; of two records of one id the later one counts. */
interface Saving {
  readonly records: ByKey<CrmRecord>;
  readonly results: Map<string, CrmSaveResult>;
}

/** Saves records of the application as amoCRM's contacts and leads. */
export class RecordSaver {
  readonly #writer: RecordWriter;
  readonly #links: EntityLinks;
  readonly #setup: AccountSetup;
  readonly #clock: Clock;

  constructor(parts: { writer: RecordWriter; links: EntityLinks; setup: AccountSetup; clock: Clock }) {
    this.#writer = parts.writer;
    this.#links = parts.links;
    this.#setup = parts.setup;
    this.#clock = parts.clock;
  }

  /** As `CrmProvider.save`. */
  async save(records: readonly CrmRecord[]): Promise<readonly CrmSaveResult[]> {
    const held = records.filter(({ kind }) => linkKind.safeParse(kind).success);
    const saving: Saving = { records: new Map(held.map((record) => [keyOf(record), record])), results: new Map() };
    let rest: CrmSaveResult = ANOTHER_REFUSED;
    try {
      if (held.length > 0) await this.#writer.exclusively((signal) => this.#saveAll(saving, signal));
    } catch (error) {
      rest = deferralOf(error);
    }
    return records.map((record) =>
      held.includes(record) ? (saving.results.get(keyOf(record)) ?? rest) : notHeld(record),
    );
  }

  async #saveAll(saving: Saving, signal: AbortSignal): Promise<void> {
    const facts = await this.#setup.facts();
    const keys = [...saving.records].flatMap(([key, { belongsTo }]) => [key, ...(belongsTo ? [keyOf(belongsTo)] : [])]);
    await this.#writer.settle(facts, keys);
    let known = await this.#links.getMany(keys);
    const writings = this.#writings(saving, known, { facts, now: this.#clock.now() });
    await this.#update(saving, writings);
    for (let round = 0; round < ROUNDS; round += 1) {
      const creations = creationsOf(saving, known, writings);
      const refused = await this.#writer.create(creations, signal);
      known = await this.#links.getMany(keys);
      for (const creation of creations) note(saving, creation, known, refused.get(creation)?.reason);
    }
  }

  #writings(saving: Saving, known: ByKey<EntityLink>, context: RecordContext): ByKey<Writing> {
    const writings = new Map<string, Writing>();
    for (const [key, record] of saving.records) {
      const made = toWriting(context, record, known.get(key));
      if (typeof made === "string") saving.results.set(key, { outcome: "rejected", reason: made });
      else writings.set(key, made);
    }
    return writings;
  }

  async #update(saving: Saving, writings: ByKey<Writing>): Promise<void> {
    const there = [...writings].filter(([, { link }]) => link.amoId !== null);
    const refused = await this.#writer.update(there.map(([, writing]) => writing));
    const isAnyRefused = refused.size > 0;
    for (const [key, writing] of there) {
      const reason = refused.get(writing)?.reason;
      if (reason !== undefined) saving.results.set(key, { outcome: "rejected", reason });
      // Those of the refused request that are right come again without the wrong ones.
      else saving.results.set(key, isAnyRefused ? ANOTHER_REFUSED : accepted(writing.link));
    }
  }
}

const ANOTHER_REFUSED: CrmSaveResult = {
  outcome: "deferred",
  retryAfterMs: 0,
  reason: "amoCRM refused another record of the same request: save this one again without it.",
};

/** What is not there yet: a lead together with its new contact, where that is in the call. */
function creationsOf(saving: Saving, known: ByKey<EntityLink>, writings: ByKey<Writing>): readonly Creation[] {
  const missing = [...writings].filter(([key, { link }]) => link.amoId === null && !saving.results.has(key));
  const contacts = new Map(missing.filter(([, { link }]) => link.kind === "contact"));
  const leads = missing.flatMap(([key, lead]): Creation[] => {
    if (lead.link.kind !== "lead") return [];
    const { belongsTo } = saving.records.get(key) ?? { belongsTo: null };
    if (belongsTo === null) return [{ lead }];
    const owner = keyOf(belongsTo);
    const amoContactId = known.get(owner)?.amoId;
    if (typeof amoContactId === "number") return [{ lead, amoContactId }];
    const contact = contacts.get(owner);
    if (contact !== undefined && contacts.delete(owner)) return [{ lead, contact }];
    if (!writings.has(owner)) saving.results.set(key, { outcome: "rejected", reason: missingOwner(owner) });
    return [];
  });
  return [...leads, ...[...contacts.values()].map((contact) => ({ contact }))];
}

function note(
  saving: Saving,
  { lead, contact }: Creation,
  known: ByKey<EntityLink>,
  refusal: string | undefined,
): void {
  for (const writing of [lead, contact]) {
    if (writing === undefined) continue;
    const key = keyOf({ kind: writing.link.kind, id: writing.link.ourId });
    const link = known.get(key);
    if (refusal !== undefined) saving.results.set(key, { outcome: "rejected", reason: refusal });
    else if (link?.state === "linked") saving.results.set(key, accepted(link));
  }
}

function accepted({ amoId }: EntityLink): CrmSaveResult {
  return { outcome: "accepted", externalId: String(amoId) };
}

function notHeld({ kind }: CrmRecord): CrmSaveResult {
  return { outcome: "rejected", reason: `Contacts and leads are kept in amoCRM here, and nothing of kind ${kind}.` };
}

function missingOwner(owner: string): string {
  return `amoCRM has no ${owner.replace(":", " ")}, which it belongs to: save that first, or in the same call.`;
}

function keyOf({ kind, id }: Pick<CrmRecord, "kind" | "id">): string {
  return linkKey(kind === "lead" ? "lead" : "contact", id);
}
