import type { NewEvent } from "@crmessenger/kernel/infrastructure";

/** A conversation as a group leaves it. Its count is relative: others may write into it meanwhile. */
export interface ConversationChange {
  readonly id: string;
  /** Whether the group opens it. */
  readonly isNew: boolean;
  readonly tenant: string;
  readonly account: string;
  readonly type: string;
  readonly external: string;
  readonly contact: string;
  lead: string;
  owner: string | null;
  team: string | null;
  /** Messages that the group adds. */
  added: number;
  /** When the latest of them was sent. */
  last: string;
}

type Row = Readonly<Record<string, unknown>>;

/** One message with all that is written along with it: activity, audit entry and event. */
export interface MessageRow extends Row {
  readonly conversation: string;
}

/** The rows of a group, table by table, named as the record types of the write function name them. */
export class GroupRows {
  readonly contacts: Row[] = [];
  readonly identities: Row[] = [];
  readonly leads: Row[] = [];
  /** By conversation key. */
  readonly conversations = new Map<string, ConversationChange>();
  /** What the group creates besides messages. */
  readonly events: Row[] = [];
  readonly messages: MessageRow[] = [];

  addEvent(event: NewEvent): void {
    const { id, topic, version, aggregate, payload, tenantId, actor, correlationId, causationId } = event;
    this.events.push({
      id,
      tenant: tenantId,
      topic,
      version,
      type: aggregate.type,
      aggregate: aggregate.id,
      aggregate_version: aggregate.version ?? null,
      payload,
      actor_kind: actor.kind,
      actor: actor.id,
      correlation: correlationId,
      causation: causationId,
    });
  }

  /** What `intake_write` gets, table by table. Conversations come in the order of their ids, so that groups lock them alike. */
  parameters(): readonly (string | null)[] {
    const changes = [...this.conversations.values()].toSorted((a, b) => (a.id < b.id ? -1 : 1));
    return [
      orNull(this.contacts),
      orNull(this.identities),
      orNull(this.leads),
      orNull(changes.filter(({ isNew }) => isNew)),
      orNull(changes.filter(({ isNew }) => !isNew)),
      orNull(this.events),
      JSON.stringify(this.#numbered()),
    ];
  }

  /** `left` counts the group's messages that follow in the conversation: with its new count that gives the ordinal. */
  #numbered(): readonly Row[] {
    const left = new Map<string, number>();
    return this.messages
      .toReversed()
      .map((row) => {
        const following = left.get(row.conversation) ?? 0;
        left.set(row.conversation, following + 1);
        return { ...row, left: following };
      })
      .reverse();
  }
}

function orNull(rows: readonly unknown[]): string | null {
  return rows.length === 0 ? null : JSON.stringify(rows);
}
