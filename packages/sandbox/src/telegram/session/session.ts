import type { AuthKey } from "./auth-key.ts";
import type { Connection } from "./connection.ts";
import { MessageIds, type ServerMessageKind } from "./message-ids.ts";

const REMEMBERED_MESSAGES = 1000;

/** One MTProto session: a client makes one for each connection it opens, under one authorisation key. */
export class Session {
  readonly id: bigint;
  readonly authKey: AuthKey;
  readonly #ids = new MessageIds();
  readonly #received = new Set<bigint>();
  readonly #failed = new Set<bigint>();
  #contentMessages = 0;
  #begun = false;
  /** The connection that the client last wrote on. */
  connection: Connection | undefined;
  /** The client introduced itself with initConnection in this session. */
  initialised = false;
  /** Updates are pushed to sessions that have asked for anything other than file parts. */
  wantsUpdates = false;

  constructor(id: bigint, authKey: AuthKey) {
    this.id = id;
    this.authKey = authKey;
  }

  /** True once, for the session's first accepted message. */
  begin(): boolean {
    const first = !this.#begun;
    this.#begun = true;
    return first;
  }

  /** Whether this message id is new in the session; a repeated message must not take effect again. */
  receive(messageId: bigint): boolean {
    if (this.#received.has(messageId)) return false;
    remember(this.#received, messageId);
    return true;
  }

  /** Notes that a request was answered with an error, for requests chained to it by invokeAfterMsg. */
  fail(messageId: bigint): void {
    remember(this.#failed, messageId);
  }

  hasFailed(messageId: bigint): boolean {
    return this.#failed.has(messageId);
  }

  /** Sends a message on the session's connection. It is lost when there is none. */
  send(body: Uint8Array, kind: ServerMessageKind, contentRelated: boolean): void {
    const sequence = this.#contentMessages * 2 + (contentRelated ? 1 : 0);
    if (contentRelated) this.#contentMessages += 1;
    this.connection?.seal(this, { messageId: this.#ids.next(kind), sequence }, body);
  }

  disconnect(): void {
    this.connection?.close();
  }
}

function remember(ids: Set<bigint>, id: bigint): void {
  ids.add(id);
  if (ids.size <= REMEMBERED_MESSAGES) return;
  for (const oldest of ids) {
    ids.delete(oldest);
    return;
  }
}
