import type { Actor, ExecutionContext } from "@crmessenger/kernel";
import type { Json } from "@crmessenger/kernel/infrastructure";
import { type Index, Table, keyOf } from "../state/table.ts";

export interface JobRow {
  readonly id: string;
  readonly name: string;
  readonly key: string | null;
  readonly data: Json;
  readonly state: "waiting" | "running" | "dead";
  /** Milliseconds since the epoch. */
  readonly runAt: number;
  /** Attempts that have ended. */
  readonly attempts: number;
  readonly tenantId: string;
  readonly actor: Actor;
  readonly correlationId: string;
  readonly locale: string;
  readonly error: string | null;
}

export const STATE = "state";
/** Jobs that wait, or run, for one thing: one of each at most. */
export const WAITING_KEY = "waiting for the key";
export const RUNNING_KEY = "running for the key";

export function stateKey(name: string, state: JobRow["state"]): string {
  return keyOf(name, state);
}

/** The thing that a job is about, in one tenant. */
export function thingOf({ name, tenantId, key }: Pick<JobRow, "name" | "tenantId" | "key">): string {
  return keyOf(name, tenantId, key ?? "");
}

const byThing = (name: string, state: JobRow["state"]): Index<JobRow> => ({
  name,
  unique: true,
  keys: (row) => (row.key !== null && row.state === state ? [thingOf(row)] : []),
});

export function createJobTable(): Table<JobRow> {
  return new Table<JobRow>("jobs", [
    { name: STATE, unique: false, keys: ({ name, state }) => [stateKey(name, state)] },
    byThing(WAITING_KEY, "waiting"),
    byThing(RUNNING_KEY, "running"),
  ]);
}

/** The context of the one who enqueued the job. */
export function contextOf({ tenantId, actor, correlationId, locale }: JobRow): ExecutionContext {
  return { tenantId, actor, correlationId, causationId: null, locale };
}
