import type { Socket } from "node:net";
import { Handshake } from "../handshake/handshake.ts";
import type { ServerKey } from "../handshake/server-key.ts";
import { FrameReader, FrameWriter } from "../transport/full-framing.ts";
import type { AuthKey } from "./auth-key.ts";
import type { AuthKeys } from "./auth-keys.ts";
import { clientMessageIdError, MessageIds } from "./message-ids.ts";
import type { MessageDispatcher } from "./message-dispatcher.ts";
import { badMessageNotification, badServerSalt, newSessionCreated, unencryptedMessage } from "./service-messages.ts";
import type { ServerSalts } from "./salts.ts";
import { Session } from "./session.ts";

/** Transport error: the authorisation key is unknown here (https://core.telegram.org/mtproto/mtproto-transports#transport-errors). */
const KEY_NOT_FOUND = -404;
const NO_KEY = Buffer.alloc(8);
const UNENCRYPTED_HEAD = 20;
/** A longer timer would fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** What all connections share. */
export interface ConnectionServices {
  readonly serverKey: ServerKey;
  readonly authKeys: AuthKeys;
  readonly salts: ServerSalts;
  readonly dispatcher: MessageDispatcher;
  /** Hears of what clients do against the protocol. */
  readonly onProblem: (problem: Error) => void;
}

/** One TCP connection of a client: framing, the key exchange, and encrypted messages of one or more sessions. */
export class Connection {
  readonly #socket: Socket;
  readonly #services: ConnectionServices;
  readonly #reader = new FrameReader();
  readonly #writer = new FrameWriter();
  readonly #plainIds = new MessageIds();
  readonly #handshake: Handshake;
  readonly #sessions = new Set<Session>();
  #idleTimer: NodeJS.Timeout | undefined;

  constructor(socket: Socket, services: ConnectionServices, onClose: () => void) {
    this.#socket = socket;
    this.#services = services;
    this.#handshake = new Handshake(services.serverKey, (key) => services.authKeys.add(key));
    socket.setNoDelay(true);
    socket.on("data", (chunk: Buffer) => this.#receive(chunk));
    // A reset by the peer is an everyday end of a connection; "close" follows.
    socket.on("error", () => socket.destroy());
    socket.on("close", () => {
      this.#release();
      onClose();
    });
  }

  /** Whether the client can still be written to. */
  get open(): boolean {
    return !this.#socket.destroyed;
  }

  close(): void {
    this.#socket.destroy();
    this.#release();
  }

  /** Closes the connection unless the client asks again within the time (ping_delay_disconnect). */
  closeAfter(ms: number): void {
    clearTimeout(this.#idleTimer);
    this.#idleTimer = setTimeout(() => this.close(), Math.min(ms, MAX_TIMER_MS)).unref();
  }

  /** Encrypts a message of a session and sends it. */
  seal(session: Session, head: { readonly messageId: bigint; readonly sequence: number }, body: Uint8Array): void {
    if (!this.open) return;
    const { cipher } = session.authKey;
    const salt = this.#services.salts.current(cipher.keyId);
    this.#write(cipher.seal({ salt, sessionId: session.id, ...head }, body));
  }

  #write(payload: Uint8Array): void {
    this.#socket.write(this.#writer.frame(payload));
  }

  #receive(chunk: Buffer): void {
    try {
      for (const payload of this.#reader.push(chunk)) {
        if (!this.open) return;
        this.#handle(payload);
      }
    } catch (error) {
      // Whatever is wrong with what the client sent, Telegram says nothing to it and hangs up.
      this.close();
      this.#services.onProblem(new Error("A Telegram client broke the protocol.", { cause: error }));
    }
  }

  #handle(payload: Buffer): void {
    const keyId = payload.subarray(0, 8);
    if (keyId.equals(NO_KEY)) {
      const length = payload.readUInt32LE(16);
      const answer = this.#handshake.answer(payload.subarray(UNENCRYPTED_HEAD, UNENCRYPTED_HEAD + length));
      this.#write(unencryptedMessage(this.#plainIds.next(1n), answer));
      return;
    }
    const authKey = this.#services.authKeys.find(keyId);
    if (authKey === undefined) {
      const error = Buffer.alloc(4);
      error.writeInt32LE(KEY_NOT_FOUND);
      this.#write(error);
      return;
    }
    const message = authKey.cipher.open(payload);
    authKey.lastActiveAt = Date.now();
    const session = this.#sessionOf(authKey, message.sessionId);
    const salt = this.#services.salts.current(keyId);
    if (!this.#services.salts.accepts(keyId, message.salt)) {
      session.send(badServerSalt(message.messageId, message.sequence, salt), 1n, false);
      return;
    }
    const error = clientMessageIdError(message.messageId);
    if (error !== undefined) {
      session.send(badMessageNotification(message.messageId, message.sequence, error), 1n, false);
      return;
    }
    if (session.begin()) session.send(newSessionCreated(message.messageId, salt), 3n, true);
    this.#services.dispatcher.dispatch(session, message.messageId, message.body);
  }

  #sessionOf(authKey: AuthKey, sessionId: bigint): Session {
    const session = authKey.sessions.get(sessionId) ?? new Session(sessionId, authKey);
    authKey.sessions.set(sessionId, session);
    session.connection = this;
    this.#sessions.add(session);
    return session;
  }

  /** Clients begin a new session with each connection, so one whose connection is gone has nobody to come back to it. */
  #release(): void {
    clearTimeout(this.#idleTimer);
    for (const session of this.#sessions) {
      if (session.connection !== this) continue;
      session.connection = undefined;
      session.authKey.sessions.delete(session.id);
    }
    this.#sessions.clear();
  }
}
