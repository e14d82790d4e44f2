import type { ExecutionContext } from "@crmessenger/kernel";
import type { NewEvent } from "@crmessenger/kernel/infrastructure";

/** A conversation as a group leaves it. */
export interface ConversationChange {
  readonly id: string;
  /** Of the stored row; undefined for one that the group opens. */
  readonly version: number | undefined;
  readonly fields: {
    readonly tenant: string;
    readonly account: string;
    readonly type: string;
    readonly external: string;
    readonly contact: string;
  };
  lead: string;
  owner: string | null;
  team: string | null;
  count: number;
  at: string;
}

type Row = Readonly<Record<string, unknown>>;

/** The rows of a group, table by table, named as the write function's record types name them. */
export class GroupRows {
  readonly contacts: Row[] = [];
  readonly identities: Row[] = [];
  readonly leads: Row[] = [];
  readonly conversations = new Map<string, ConversationChange>();
  readonly messages: Row[] = [];
  readonly activities: Row[] = [];
  readonly audit: Row[] = [];
  readonly events: Row[] = [];

  addEvent(event: NewEvent): void {
    this.events.push({
      id: event.id,
      tenant: event.tenantId,
      topic: event.topic,
      version: event.version,
      type: event.aggregate.type,
      aggregate: event.aggregate.id,
      aggregate_version: event.aggregate.version ?? null,
      payload: event.payload,
      actor_kind: event.actor.kind,
      actor: event.actor.id,
      correlation: event.correlationId,
      causation: event.causationId,
      at: event.occurredAt,
    });
  }

  addAudit(id: string, entry: { readonly type: string; readonly target: string; readonly action: string; readonly at: string }, context: ExecutionContext): void {
    this.audit.push({ id, ...entry, tenant: context.tenantId, actor_kind: context.actor.kind, actor: context.actor.id, correlation: context.correlationId });
  }

  /** The parameters of `intake_write`. Conversations come in the order of their ids, so that groups lock them alike. */
  parameters(): readonly (string | null)[] {
    const changes = [...this.conversations.values()].toSorted((a, b) => (a.id < b.id ? -1 : 1));
    const opened = changes.filter(({ version }) => version === undefined);
    const continued = changes.filter(({ version }) => version !== undefined);
    return [
      orNull(this.contacts),
      orNull(this.identities),
      orNull(this.leads),
      orNull(opened.map(({ id, fields, lead, owner, team, count, at }) => ({ id, ...fields, lead, owner, team, count, at }))),
      orNull(continued.map(({ id, version, lead, owner, team, count, at }) => ({ id, version, lead, owner, team, count, at }))),
      JSON.stringify(this.messages),
      JSON.stringify(this.activities),
      JSON.stringify(this.audit),
      JSON.stringify(this.events),
    ];
  }
}

function orNull(rows: readonly unknown[]): string | null {
  return rows.length === 0 ? null : JSON.stringify(rows);
}
