import { CrmError, type Plugin, definePlugin } from "@crmessenger/kernel";
import {
  EventLog,
  Idempotency,
  Storage,
  UnitOfWork,
  type Json,
  type NewEvent,
  type ReadEvents,
  type StoredEvent,
  type StoredFile,
} from "@crmessenger/kernel/infrastructure";

/** An event log, units of work and files that last as long as the test: as much as the HTTP API touches. */
export class Ledger {
  readonly events: StoredEvent[] = [];
  readonly files = new Map<string, { readonly file: StoredFile; readonly content: Buffer }>();
  readonly answers = new Map<string, { readonly inputHash: string; readonly output?: Json }>();
  readonly #watchers = new Set<() => void>();
  /** Makes reading the log fail, as a lost database does. */
  broken = false;

  readonly log: { -readonly [K in keyof EventLog]: EventLog[K] } = {
    append: async (events) => this.record(...events),
    read: async (query) => this.#read(query),
    head: async () => this.events.length,
    watch: (wake) => {
      this.#watchers.add(wake);
      return () => this.#watchers.delete(wake);
    },
    subscribe: () => Promise.reject(new Error("nothing subscribes here")),
    subscriptions: async () => [],
    replay: async () => {},
  };

  readonly storage: { -readonly [K in keyof Storage]: Storage[K] } = {
    put: async (path, content, meta) => {
      const bytes = content instanceof Uint8Array ? content : await new Response(content).bytes();
      const file = { ...meta, path, size: bytes.length, sha256: `sha-of-${bytes.length}` };
      this.files.set(path, { file, content: Buffer.from(bytes) });
      return file;
    },
    get: async (path, { start, end } = { start: 0 }) =>
      ReadableStream.from([this.files.get(path)?.content.subarray(start, end) ?? new Uint8Array()]),
    stat: async (path) => {
      if (path.includes("..")) throw new CrmError("CRM_STORAGE_PATH", "That is no path.", { status: 422 });
      return this.files.get(path)?.file;
    },
    delete: async (path) => this.files.delete(path),
  };

  get watchers(): number {
    return this.#watchers.size;
  }

  record(...events: NewEvent[]): void {
    for (const event of events) this.events.push({ ...event, position: this.events.length + 1 });
    for (const wake of this.#watchers) wake();
  }

  #read({ after, limit = 100, topics }: ReadEvents): StoredEvent[] {
    if (this.broken) throw new Error("connect ECONNREFUSED 10.0.0.7:5432");
    return this.events
      .filter(({ position, topic }) => position > after && (!topics || topics.includes(topic)))
      .slice(0, limit);
  }
}

export function ledgerPlugin(ledger: Ledger): Plugin {
  return definePlugin({
    id: "ledger",
    version: "1.0.0",
    provides: { events: EventLog, unitOfWork: UnitOfWork, idempotency: Idempotency },
    boot: () => ({
      provide: {
        events: ledger.log,
        unitOfWork: { run: (work) => work({ id: "1", afterCommit: () => {}, signal: new AbortController().signal }) },
        idempotency: {
          async claim({ key, actor, inputHash }) {
            const known = ledger.answers.get(`${actor} ${key}`);
            if (known && known.inputHash !== inputHash) {
              throw new CrmError("CRM_IDEMPOTENCY_MISMATCH", "This key came with another input before.", {
                status: 422,
              });
            }
            return known && { output: known.output ?? null };
          },
          async complete({ key, actor, inputHash }, output) {
            ledger.answers.set(`${actor} ${key}`, { inputHash, output });
          },
        },
      },
    }),
  })();
}

/** The files of the ledger as a Storage. */
export function filesPlugin(ledger: Ledger): Plugin {
  return definePlugin({
    id: "files",
    version: "1.0.0",
    provides: { storage: Storage },
    boot: () => ({ provide: { storage: ledger.storage } }),
  })();
}
