import type { NewEvent, StoredEvent } from "@crmessenger/kernel/infrastructure";
import type { Database } from "../state/database.ts";
import { frozenCopy } from "../state/frozen-copy.ts";
import type { Unit } from "../state/unit.ts";

/** The committed events, by position. Commits are made one at a time, so positions are dense and in commit order. */
export class EventTable {
  readonly #database: Database;
  readonly #events: StoredEvent[] = [];
  readonly #watchers = new Set<() => void>();

  constructor(database: Database) {
    this.#database = database;
  }

  get head(): number {
    return this.#events.length;
  }

  /** Adds events in a unit that holds the lock; they get their places when it commits. */
  append(unit: Unit, events: readonly NewEvent[]): void {
    const copies = frozenCopy(events);
    unit.atCommit(() => {
      for (const event of copies) this.#events.push(Object.freeze({ ...event, position: this.#events.length + 1 }));
      this.#wake();
    });
  }

  /** Events after a position that `pick` takes, in order, up to `limit`. */
  read(after: number, limit: number, pick: (event: StoredEvent) => boolean): readonly StoredEvent[] {
    const found: StoredEvent[] = [];
    for (let index = Math.max(0, after); index < this.#events.length && found.length < limit; index += 1) {
      const event = this.#events[index] as StoredEvent;
      if (pick(event)) found.push(event);
    }
    return found;
  }

  count(after: number, topics: ReadonlySet<string>): number {
    let count = 0;
    for (let index = Math.max(0, after); index < this.#events.length; index += 1)
      if (topics.has((this.#events[index] as StoredEvent).topic)) count += 1;
    return count;
  }

  watch(wake: () => void): () => void {
    this.#watchers.add(wake);
    return () => void this.#watchers.delete(wake);
  }

  /** Watchers run outside the commit that wakes them, and in nobody's context. */
  #wake(): void {
    this.#database.atRoot(() => {
      for (const watcher of this.#watchers) queueMicrotask(() => this.#tell(watcher));
    });
  }

  #tell(watcher: () => void): void {
    if (!this.#watchers.has(watcher)) return;
    try {
      watcher();
    } catch (error) {
      this.#database.logger.error(
        `A watcher of the event log failed: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
  }
}
