import type { JsonObject } from "@crmessenger/kernel/infrastructure";
import type { CrmChange, CrmEntityKind, CrmProvider, CrmRecord, CrmSaveResult } from "@crmessenger/kernel/sales";
import type { CrmProviderUnderTest } from "../../src/index.ts";

interface Row {
  readonly kind: CrmEntityKind;
  readonly id: string | null;
  /** The provider's id. */
  readonly owner: string | undefined;
  readonly fields: JsonObject;
  readonly changedAt: string;
}

/** A CRM in memory, with the provider for it. */
export class MemoryCrm {
  readonly rows = new Map<string, Row>();
  readonly messages: { readonly id: string; readonly conversationId: string; readonly text: string }[] = [];
  readonly log: CrmChange[] = [];
  limited = false;
  losing = false;

  readonly provider: CrmProvider = {
    name: "testing.memory",
    capabilities: { entities: ["contact", "lead"], messages: true, maxBatch: 50 },
    state: async () => ({ status: "connected", reason: "" }),
    save: async (records) => {
      if (this.limited)
        return records.map(() => ({ outcome: "deferred", retryAfterMs: 100, reason: "Too many calls." }));
      const results = new Map(inOrder(records).map((record) => [record, this.#save(record)]));
      this.#loseAnswer();
      return records.map((record) => results.get(record) ?? { outcome: "rejected", reason: "It was not saved." });
    },
    post: async (messages) =>
      messages.map(({ id, conversationId, contactId, text }) => {
        if (!this.of(contactId)) return { outcome: "rejected", reason: "Its contact was not saved." };
        if (this.messages.every((shown) => shown.id !== id)) this.messages.push({ id, conversationId, text });
        return { outcome: "accepted", externalId: `m-${id}` };
      }),
    read: async (kind, externalId) => {
      const row = this.rows.get(externalId);
      return row?.kind === kind ? { ...row, externalId, deleted: false } : undefined;
    },
    changes: async (after) => {
      const from = after === null ? this.log.length : Number(after);
      return { items: this.log.slice(from), next: `${this.log.length}` };
    },
  };

  write(externalId: string, row: Omit<Row, "changedAt">): void {
    const changedAt = new Date().toISOString();
    this.rows.set(externalId, { ...row, changedAt });
    this.log.push({ kind: row.kind, externalId, at: changedAt });
  }

  /** The provider's id of one of our records. */
  of(id: string): string | undefined {
    return [...this.rows].find(([, row]) => row.id === id)?.[0];
  }

  #save({ kind, id, externalId, belongsTo, fields }: CrmRecord): CrmSaveResult {
    if (kind !== "contact" && kind !== "lead") return { outcome: "rejected", reason: `It holds no ${kind}.` };
    if (fields["name"] === "") return { outcome: "rejected", reason: "A record has a name." };
    const owner = belongsTo ? this.of(belongsTo.id) : undefined;
    if (belongsTo && !owner) return { outcome: "rejected", reason: `It has no ${belongsTo.kind} ${belongsTo.id}.` };
    const known = externalId ?? this.of(id) ?? `${this.rows.size + 1}`;
    this.write(known, { kind, id, owner, fields });
    return { outcome: "accepted", externalId: known };
  }

  #loseAnswer(): void {
    if (!this.losing) return;
    this.losing = false;
    throw new Error("The connection was lost.");
  }
}

/** The provider as the suite gets it. `change` may break it. */
export async function memoryCrmUnderTest(
  change: (provider: CrmProvider, crm: MemoryCrm) => CrmProvider = (provider) => provider,
): Promise<CrmProviderUnderTest> {
  const crm = new MemoryCrm();
  return {
    provider: change(crm.provider, crm),
    crm: {
      records: async (kind) => [...crm.rows].flatMap(([externalId, row]) => (row.kind === kind ? [externalId] : [])),
      async change(kind, externalId, fields) {
        const { id = null, owner } = crm.rows.get(externalId) ?? {};
        crm.write(externalId, { kind, id, owner, fields });
      },
      ownerOf: async (_, externalId) => crm.rows.get(externalId)?.owner,
      shown: async (id) => crm.messages.flatMap(({ conversationId, text }) => (conversationId === id ? [text] : [])),
    },
    fields: (_, number) => ({ name: `Record ${number}` }),
    wrongFields: () => ({ name: "" }),
    loseAnswer: () => void (crm.losing = true),
    limit() {
      crm.limited = true;
      return () => void (crm.limited = false);
    },
  };
}

/** Owners before what belongs to them. */
function inOrder(records: readonly CrmRecord[]): readonly CrmRecord[] {
  return records.toSorted((a, b) => Number(a.belongsTo !== null) - Number(b.belongsTo !== null));
}
