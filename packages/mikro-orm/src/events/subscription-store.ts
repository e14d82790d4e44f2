import { type CrmError, runOutsideUnitOfWork } from "@crmessenger/kernel";
import type { StoredEvent } from "@crmessenger/kernel/infrastructure";
import type { Database } from "../database/database.ts";
import { EVENTS_CHANNEL } from "./events-channel.ts";

/** How far a subscription has come, for ever. */
export interface Checkpoint {
  /** All events up to here are handled or dead letters. */
  readonly position: number;
  /** How often the next event has failed. */
  readonly attempts: number;
}

/** What `progress` knows. */
export interface Progress {
  readonly [column: string]: unknown;
  readonly name: string;
  readonly position: number;
  readonly last_error: string | null;
  readonly dead_letters: number;
  readonly lag: number;
}

/** Checkpoints and dead letters. */
export class SubscriptionStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Makes the checkpoint of a new subscription; one that is there stays where it is. */
  async register(name: string, from: "start" | "head"): Promise<void> {
    await runOutsideUnitOfWork(() => this.#database.query(REGISTER, [name, from === "start"]));
  }

  async load(name: string): Promise<Checkpoint> {
    const { rows } = await this.#database.query<Checkpoint & { readonly [column: string]: unknown }>(LOAD, [name], {
      name: "subscription_load",
    });
    return rows[0] ?? { position: 0, attempts: 0 };
  }

  /** Moves the checkpoint if it is still at `from`; answers whether it was. */
  async advance(name: string, from: number, to: number): Promise<boolean> {
    return (await this.#database.query(ADVANCE, [name, from, to], { name: "subscription_advance" })).rowCount > 0;
  }

  /** Notes that the event after `position` failed; answers how often it has by now. */
  async recordFailure(name: string, position: number, error: CrmError): Promise<number> {
    const { rows } = await this.#database.query<{ attempts: number }>(FAIL, [name, position, describe(error)]);
    return rows[0]?.attempts ?? 0;
  }

  async bury(name: string, event: StoredEvent, attempts: number, error: CrmError): Promise<void> {
    await this.#database.query(BURY, [
      name,
      event.position,
      event.id,
      event.topic,
      event.tenantId,
      attempts,
      error.code,
      withoutNul(error.message),
    ]);
  }

  /** Answers whether there is such a subscription. */
  async move(name: string, position: number): Promise<boolean> {
    return (await this.#database.query(MOVE, [name, position, `replay ${name}`])).rows.length > 0;
  }

  async progress(
    subscriptions: readonly { readonly name: string; readonly topics: readonly string[] }[],
  ): Promise<readonly Progress[]> {
    const { rows } = await this.#database.query<Progress>(PROGRESS, [JSON.stringify(subscriptions)]);
    return rows;
  }
}

function describe({ code, message }: CrmError): string {
  return withoutNul(`${code}: ${message}`);
}

/** PostgreSQL keeps no NUL in text, and what an error says is not ours to choose. */
function withoutNul(text: string): string {
  return text.replaceAll("\0", "\uFFFD");
}

const REGISTER = `
  insert into event_subscriptions (name, position)
  values ($1, case when $2::boolean then 0 else (select coalesce(max(position), 0) from events where position is not null) end)
  on conflict (name) do nothing`;

const LOAD = `select position, attempts from event_subscriptions where name = $1`;

const ADVANCE = `update event_subscriptions set position = $3::bigint, attempts = 0, updated_at = now() where name = $1 and position = $2::bigint`;

const FAIL = `
  update event_subscriptions set attempts = attempts + 1, last_error = $3, updated_at = now()
  where name = $1 and position = $2::bigint returning attempts`;

const BURY = `
  insert into event_dead_letters (subscription, position, event_id, topic, tenant_id, attempts, error_code, error_message)
  values ($1, $2::bigint, $3::uuid, $4, $5, $6::int, $7, $8)
  on conflict (subscription, position) do update
    set attempts = excluded.attempts, error_code = excluded.error_code, error_message = excluded.error_message, died_at = now()`;

const MOVE = `
  with moved as (update event_subscriptions set position = $2::bigint, attempts = 0, updated_at = now() where name = $1 returning name)
  select pg_notify('${EVENTS_CHANNEL}', $3) from moved`;

/** An event that has no position yet is not handled yet either. */
const PROGRESS = `
  select s.name, s.position, s.last_error,
    (select count(*) from event_dead_letters d where d.subscription = s.name) as dead_letters,
    (select count(*) from events e where e.position > s.position and e.topic in (select jsonb_array_elements_text(r.topics)))
      + (select count(*) from events e where e.position is null and e.topic in (select jsonb_array_elements_text(r.topics))) as lag
  from json_to_recordset($1::text::json) as r(name text, topics jsonb) join event_subscriptions s using (name)`;
