import type { BinaryNode } from "@whiskeysockets/baileys";

/** The server's word on a message. */
export type ServerAck =
  | { readonly accepted: true; readonly at: number }
  | { readonly accepted: false; readonly code: number };

interface Waiting {
  resolve(ack: ServerAck): void;
  reject(error: Error): void;
}

/** Matches the server's acks with the messages they are about. */
export class ServerAcks {
  readonly #waiting = new Map<string, Waiting>();

  /** Resolves with the ack of a message; call before sending it. Rejects when the connection ends or time is up. */
  waitFor(id: string, signal: AbortSignal): Promise<ServerAck> {
    return new Promise((resolve, reject) => {
      const settle = (finish: () => void): void => {
        if (this.#waiting.get(id) === waiting) this.#waiting.delete(id);
        signal.removeEventListener("abort", abort);
        finish();
      };
      const abort = (): void => waiting.reject(signal.reason as Error);
      const waiting: Waiting = {
        resolve: (ack) => settle(() => resolve(ack)),
        reject: (error) => settle(() => reject(error)),
      };
      this.#waiting.get(id)?.reject(new Error("The same message is being sent a second time."));
      this.#waiting.set(id, waiting);
      signal.addEventListener("abort", abort, { once: true });
    });
  }

  /** Takes an `<ack class="message">`. */
  receive({ attrs }: BinaryNode): void {
    const waiting = this.#waiting.get(attrs["id"] ?? "");
    if (!waiting) return;
    const code = Number(attrs["error"]);
    if (attrs["error"] !== undefined)
      return waiting.resolve({ accepted: false, code: Number.isFinite(code) ? code : 0 });
    const seconds = Number(attrs["t"]);
    waiting.resolve({ accepted: true, at: Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : Date.now() });
  }

  /** The connection is gone: nobody will answer any more. */
  close(reason: Error): void {
    for (const waiting of this.#waiting.values()) waiting.reject(reason);
  }
}
