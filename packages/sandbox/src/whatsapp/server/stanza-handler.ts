import type { BinaryNode } from "@whiskeysockets/baileys";

/** What a connection is for once its handshake is done: linking a new device, or serving a linked one. */
export interface StanzaHandler {
  /** Handles one stanza; the next is handed over when it resolves. A rejection cuts the connection. */
  handle(node: BinaryNode): Promise<void> | void;
  /** The connection is gone, whoever ended it. */
  closed(): void;
}
