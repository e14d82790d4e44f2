import type { BinaryNode, WASocket } from "@whiskeysockets/baileys";

/** Handles a stanza; `proceed` is what Baileys would have done with it, and resolves when it has. */
export type StanzaInterceptor = (stanza: BinaryNode, proceed: () => Promise<void>) => void;

type Listener = (stanza: BinaryNode) => unknown;

/** Puts a handler of ours before Baileys' own: it decides when, and whether, theirs runs. */
export function takeOver(socket: WASocket, event: string, intercept: StanzaInterceptor): void {
  const listeners = socket.ws.listeners(event) as Listener[];
  socket.ws.removeAllListeners(event);
  socket.ws.on(event, (stanza: BinaryNode) => {
    intercept(stanza, async () => {
      for (const listener of listeners) await listener(stanza);
    });
  });
}
