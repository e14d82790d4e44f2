import type { StoredEvent } from "@crmessenger/kernel/infrastructure";
import type { Database } from "../database/database.ts";
import { EVENT_SELECTION, type EventRow, toStoredEvent } from "./event-row.ts";

/** A piece of the log. */
export interface Reading {
  readonly events: readonly StoredEvent[];
  /** Up to here there is nothing else of these topics. */
  readonly through: number;
}

export interface FeedRequest {
  /** Exclusive. */
  readonly after: number;
  readonly topics: ReadonlySet<string>;
  readonly limit: number;
  /** A position that is known to be visible. */
  readonly head: number;
}

const CHUNK = 500;
const KEPT = 2_500;

/**
 * Reads the log for the subscriptions of this process: the end of it once for all of them, since most are there, and
 * what lies further back for each that needs it.
 */
export class EventFeed {
  readonly #database: Database;
  #topics: ReadonlySet<string> = new Set();
  #events: StoredEvent[] = [];
  /** What is kept covers the positions after `#from` up to `#through`. */
  #from = 0;
  #through = 0;
  #extending: Promise<void> | undefined;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Whose events are worth keeping. What is kept so far is dropped: it may lack the new ones. */
  serve(topics: ReadonlySet<string>, head: number): void {
    this.#topics = topics;
    this.#restart(head);
  }

  async read(request: FeedRequest): Promise<Reading> {
    if (request.after < this.#from) return this.#readBehind(request);
    while (this.#through < request.head && this.#last(request.after).length < request.limit) {
      await (this.#extending ??= this.#extend(request.head).finally(() => (this.#extending = undefined)));
      if (request.after < this.#from) return this.#readBehind(request);
    }
    const found = this.#last(request.after).filter(({ topic }) => request.topics.has(topic));
    const events = found.slice(0, request.limit);
    return {
      events,
      through:
        events.length < found.length ? (events.at(-1) as StoredEvent).position : Math.max(request.after, this.#through),
    };
  }

  /** What is kept after a position. */
  #last(after: number): readonly StoredEvent[] {
    if (after <= this.#from) return this.#events;
    const first = this.#events.findIndex(({ position }) => position > after);
    return first < 0 ? [] : this.#events.slice(first);
  }

  async #extend(head: number): Promise<void> {
    const topics = this.#topics;
    const from = this.#through;
    const events = await this.#query(from, topics, CHUNK);
    if (topics !== this.#topics || from !== this.#through) return;
    this.#events.push(...events);
    this.#through =
      events.length < CHUNK ? Math.max(head, events.at(-1)?.position ?? 0) : (events.at(-1) as StoredEvent).position;
    if (this.#events.length <= KEPT + CHUNK) return;
    const dropped = this.#events.splice(0, this.#events.length - KEPT);
    this.#from = (dropped.at(-1) as StoredEvent).position;
  }

  async #readBehind({ after, topics, limit, head }: FeedRequest): Promise<Reading> {
    const events = await this.#query(after, topics, limit);
    return {
      events,
      through:
        events.length < limit
          ? Math.max(after, head, events.at(-1)?.position ?? 0)
          : (events.at(-1) as StoredEvent).position,
    };
  }

  async #query(after: number, topics: ReadonlySet<string>, limit: number): Promise<readonly StoredEvent[]> {
    // Without a name, so that it is planned for the table as it is and not as it was when it was empty.
    const { rows } = await this.#database.query<EventRow>(READ, [after, [...topics], limit]);
    return rows.map(toStoredEvent);
  }

  #restart(head: number): void {
    this.#events = [];
    this.#from = head;
    this.#through = head;
  }
}

const READ = `
  select ${EVENT_SELECTION} from events
  where position > $1::bigint and topic = any($2::text[]) order by position limit $3::int`;
