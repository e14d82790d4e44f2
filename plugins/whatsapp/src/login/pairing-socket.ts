import { randomBytes } from "node:crypto";
import {
  initAuthCreds,
  makeWASocket,
  type AuthenticationCreds,
  type BinaryNode,
  type ConnectionState,
} from "@whiskeysockets/baileys";
import { statusOf } from "../connection/disconnect-reason.ts";
import type { Endpoint } from "../connection/endpoint.ts";
import { MemoryKeys } from "./memory-keys.ts";

/** How a connection that shows codes ended. */
export type PairingEnd =
  | { readonly kind: "linked"; readonly creds: AuthenticationCreds; readonly rows: MemoryKeys["rows"] }
  /** WhatsApp has no more codes for this connection; another connection gets new ones. */
  | { readonly kind: "codes-used-up" }
  | { readonly kind: "failed"; readonly code: number };

/** A connection of a device that is not linked: it shows codes until a phone scans one. */
export class PairingSocket {
  readonly ended: Promise<PairingEnd>;
  readonly #socket: ReturnType<typeof makeWASocket>;
  readonly #creds = initAuthCreds();
  readonly #keys = new MemoryKeys();
  readonly #show: (text: string) => void;
  #shown: string | undefined;
  #linked = false;

  constructor(endpoint: Endpoint, qrLifetimeMs: number, show: (text: string) => void) {
    this.#show = show;
    this.#socket = makeWASocket({
      ...endpoint.config,
      auth: { creds: this.#creds, keys: this.#keys },
      qrTimeout: qrLifetimeMs,
    });
    this.ended = new Promise((resolve) => {
      this.#socket.ev.on("connection.update", (update) => this.#follow(update, resolve));
    });
    // Sent by WhatsApp since July 2026 and unknown to Baileys: the secret of the codes shown so far is retired.
    this.#socket.ws.on("CB:notification,type:companion_reg_refresh", (node: BinaryNode) => this.#refresh(node));
  }

  /** Gives up; `ended` follows. */
  close(): void {
    void this.#socket.end(undefined);
  }

  #follow(update: Partial<ConnectionState>, resolve: (end: PairingEnd) => void): void {
    if (update.qr) this.#showCode(update.qr);
    if (update.isNewLogin) this.#linked = true;
    if (update.connection !== "close") return;
    const code = statusOf(update.lastDisconnect?.error);
    // Linked, the server asks for a new connection (515); whatever the reason is called, the device is known now.
    if (this.#linked) resolve({ kind: "linked", creds: this.#creds, rows: this.#keys.rows });
    else resolve(code === 408 && this.#shown ? { kind: "codes-used-up" } : { kind: "failed", code });
  }

  /** Codes are made by Baileys with the secret of the beginning; the current one takes its place. */
  #showCode(text: string): void {
    const [address = "", code = ""] = text.split("#");
    const parts = code.split(",");
    parts[3] = this.#creds.advSecretKey;
    this.#shown = `${address}#${parts.join(",")}`;
    this.#show(this.#shown);
  }

  #refresh({ attrs }: BinaryNode): void {
    const ack = { id: attrs["id"] ?? "", to: attrs["from"] ?? "", class: "notification", type: attrs["type"] ?? "" };
    // The connection is about to end if this fails, and the person starts over.
    this.#socket.sendNode({ tag: "ack", attrs: ack }).catch(() => this.close());
    this.#creds.advSecretKey = randomBytes(32).toString("base64");
    if (this.#shown) this.#showCode(this.#shown);
  }
}
