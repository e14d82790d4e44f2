import type { StoredMessage } from "./stored-message.ts";

/** A change in a mailbox that is numbered (pts), so that a client can tell that it missed one. */
export type NewUpdate =
  | { readonly kind: "message"; readonly message: StoredMessage }
  | { readonly kind: "edit"; readonly message: StoredMessage }
  | { readonly kind: "read-inbox"; readonly peerId: number; readonly maxId: number; readonly stillUnread: number }
  | { readonly kind: "read-outbox"; readonly peerId: number; readonly maxId: number };

export type LoggedUpdate = NewUpdate & { readonly pts: number; readonly ptsCount: number };
