import type { SchemaStep } from "../background/migration.ts";
import { EVENTS_CHANNEL } from "./events-channel.ts";

/** An arbitrary number that nobody else uses: "crmevent" in ASCII. */
const NUMBERING_LOCK = "7165910239645363828";

/**
 * A writer draws `id` from a sequence while it holds its aggregate's row, so ids rise within an aggregate; but they
 * are drawn before the commit, so across aggregates a smaller id may become visible later than a larger one. That is
 * why readers go by `position`, which `number_events` gives to what is visible, by id, one caller at a time.
 *
 * There is no index of `id` but that of what waits for its number: each further index would cost every event twice,
 * at its insert and at its numbering, and nothing looks an event up by id.
 */
export const eventsSchema: readonly SchemaStep[] = [
  {
    name: "events-1",
    statements: [
      `create table events (
        id bigint generated always as identity,
        position bigint,
        uuid uuid not null,
        tenant_id text not null,
        topic text not null,
        version int not null,
        aggregate_type text not null,
        aggregate_id text not null,
        aggregate_version int,
        payload jsonb not null,
        actor_kind text not null,
        actor_id text not null,
        correlation_id text not null,
        causation_id text,
        occurred_at timestamptz not null
      )`,
      `create index events_unnumbered on events (id) where position is null`,
      `create unique index events_position on events (position) where position is not null`,
      `create index events_topic on events (topic, position) where position is not null`,
      `create table event_subscriptions (
        name text primary key,
        position bigint not null,
        attempts int not null default 0,
        last_error text,
        updated_at timestamptz not null default now()
      )`,
      `create table event_dead_letters (
        subscription text not null,
        position bigint not null,
        event_id uuid not null,
        topic text not null,
        tenant_id text not null,
        attempts int not null,
        error_code text not null,
        error_message text not null,
        died_at timestamptz not null default now(),
        primary key (subscription, position)
      )`,
      numberEvents(),
    ],
  },
];

/**
 * Numbers up to `batch` events and tells every process. The lock is taken by a statement of its own, so that the next
 * one sees what the holder before has committed. The planner is kept from choosing a plan for the empty table of the
 * first day, since a function keeps its plans.
 */
function numberEvents(): string {
  return `create function number_events(batch int) returns table (numbered int, head bigint)
    language plpgsql set enable_seqscan to off set enable_sort to off as $function$
    declare
      first bigint;
    begin
      perform pg_advisory_xact_lock(${NUMBERING_LOCK});
      select coalesce(max(e.position), 0) into first from events e where e.position is not null;
      update events e set position = first + b.n
      from (
        select w.place, row_number() over (order by w.id) as n
        from (select u.ctid as place, u.id from events u where u.position is null order by u.id limit batch) w
      ) b
      where e.ctid = b.place;
      get diagnostics numbered = row_count;
      head := first + numbered;
      if numbered > 0 then
        perform pg_notify('${EVENTS_CHANNEL}', head::text);
      end if;
      return next;
    end
    $function$`;
}
