import { type Actor, executionContext } from "@crmessenger/kernel";
import type { Json } from "@crmessenger/kernel/infrastructure";

/** What pg-boss keeps as a job's data: ours, and on whose behalf it runs. */
export interface JobTicket {
  readonly data: Json;
  readonly tenantId: string;
  readonly actor: Actor;
  /** Null for a scheduled job: every run begins something new. */
  readonly correlationId: string | null;
  readonly causationId: string | null;
  readonly locale: string;
  /** The key of the enqueuer; absent when the job stands for itself alone. */
  readonly key?: string;
}

/** A ticket on behalf of whoever asks. */
export function ticketFor(data: Json, key: string | undefined): JobTicket {
  const { tenantId, actor, correlationId, causationId, locale } = executionContext();
  return { data, tenantId, actor, correlationId, causationId, locale, ...(key === undefined ? {} : { key }) };
}

/**
 * pg-boss runs jobs of one singleton key one after the other. Keys belong to tenants; a job without one is alone with
 * its id.
 */
export function singletonKeyOf({ key, tenantId }: JobTicket, id: string): string {
  return key === undefined ? `#${id}` : `${tenantId}/${key}`;
}
