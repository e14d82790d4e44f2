import type { JsonObject } from "@crmessenger/kernel/infrastructure";
import type { CrmChange, CrmEntityKind, CrmProvider, CrmRecord, CrmSaveResult } from "@crmessenger/kernel/sales";
import type { CrmProviderUnderTest } from "../../src/index.ts";

interface Row {
  readonly kind: CrmEntityKind;
  readonly id: string | null;
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
      const results = records.map((record) => this.#save(record));
      this.#loseAnswer();
      return results;
    },
    post: async (messages) =>
      messages.map(({ id, conversationId, text }) => {
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

  #save({ kind, id, externalId, fields }: CrmRecord): CrmSaveResult {
    if (kind !== "contact" && kind !== "lead") return { outcome: "rejected", reason: `It holds no ${kind}.` };
    const known = externalId ?? [...this.rows].find(([, row]) => row.id === id)?.[0] ?? `${this.rows.size + 1}`;
    this.write(known, { kind, id, fields });
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
        crm.write(externalId, { kind, id: crm.rows.get(externalId)?.id ?? null, fields });
      },
      shown: async (id) => crm.messages.flatMap(({ conversationId, text }) => (conversationId === id ? [text] : [])),
    },
    fields: (_, number) => ({ name: `Record ${number}` }),
    loseAnswer: () => void (crm.losing = true),
    limit() {
      crm.limited = true;
      return () => void (crm.limited = false);
    },
  };
}
