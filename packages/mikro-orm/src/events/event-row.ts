import type { Actor } from "@crmessenger/kernel";
import type { JsonObject, NewEvent, StoredEvent } from "@crmessenger/kernel/infrastructure";

/** What a writer fills in; `id` is drawn by the database, `position` by the sequencer. */
const COLUMNS = {
  uuid: "uuid",
  tenant_id: "text",
  topic: "text",
  version: "int",
  aggregate_type: "text",
  aggregate_id: "text",
  aggregate_version: "int",
  payload: "jsonb",
  actor_kind: "text",
  actor_id: "text",
  correlation_id: "text",
  causation_id: "text",
  occurred_at: "timestamptz",
} as const;

const NAMES = Object.keys(COLUMNS).join(", ");

/** An event as the database gets it, in JSON. */
export function toEventRow(event: NewEvent): Readonly<Record<keyof typeof COLUMNS, unknown>> {
  return {
    uuid: event.id,
    tenant_id: event.tenantId,
    topic: event.topic,
    version: event.version,
    aggregate_type: event.aggregate.type,
    aggregate_id: event.aggregate.id,
    aggregate_version: event.aggregate.version ?? null,
    payload: event.payload,
    actor_kind: event.actor.kind,
    actor_id: event.actor.id,
    correlation_id: event.correlationId,
    causation_id: event.causationId,
    occurred_at: event.occurredAt,
  };
}

/**
 * A statement, or part of one, that inserts the rows in a text parameter: a JSON array of `toEventRow`. Ids are drawn
 * in the order of the array.
 */
export function insertEvents(parameter: string): string {
  const typed = Object.entries(COLUMNS).map(([name, type]) => `${name} ${type}`);
  return `insert into events (${NAMES}) select ${NAMES} from json_to_recordset(${parameter}::text::json) as e(${typed.join(", ")})`;
}

/** What `toStoredEvent` reads. */
export const EVENT_SELECTION = `position, ${NAMES}`;

export interface EventRow {
  readonly [column: string]: unknown;
  readonly position: number;
  readonly uuid: string;
  readonly tenant_id: string;
  readonly topic: string;
  readonly version: number;
  readonly aggregate_type: string;
  readonly aggregate_id: string;
  readonly aggregate_version: number | null;
  readonly payload: JsonObject;
  readonly actor_kind: Actor["kind"];
  readonly actor_id: string;
  readonly correlation_id: string;
  readonly causation_id: string | null;
  readonly occurred_at: string;
}

export function toStoredEvent(row: EventRow): StoredEvent {
  return {
    position: row.position,
    id: row.uuid,
    tenantId: row.tenant_id,
    topic: row.topic,
    version: row.version,
    aggregate: {
      type: row.aggregate_type,
      id: row.aggregate_id,
      ...(row.aggregate_version === null ? {} : { version: row.aggregate_version }),
    },
    payload: row.payload,
    actor: { kind: row.actor_kind, id: row.actor_id },
    correlationId: row.correlation_id,
    causationId: row.causation_id,
    occurredAt: row.occurred_at,
  };
}
