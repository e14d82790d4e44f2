import type { EntityKind } from "./records.ts";

/** What happened to an entity, as webhooks and the event feed name it. */
export type ChangeAction = "add" | "update" | "delete" | "status" | "responsible" | "note";

/** A change of a lead, a contact, a company or a task that observers of the account are told of. */
export interface EntityChange {
  readonly entity: EntityKind | "task";
  readonly action: ChangeAction;
  readonly id: number;
  /** For `status`: where the lead was before. */
  readonly old?: { readonly statusId: number; readonly pipelineId: number };
  /** For `note`: which note. */
  readonly noteId?: number;
}

/** A change outside the entities: a chat message, a talk, an unsorted request. */
export interface FeedChange {
  readonly entity: "message" | "talk" | "unsorted";
  readonly action: "add" | "update" | "delete";
  readonly id: string | number;
}

/** Everything one request or one person's action changed; webhooks put it into common bodies. */
export type Change = EntityChange | FeedChange;
