import { gunzipSync } from "node:zlib";
import { TlReader } from "../tl/tl-reader.ts";
import { pong } from "./service-messages.ts";
import type { Session } from "./session.ts";

const MSG_CONTAINER = 0x73f1f8dc;
const GZIP_PACKED = 0x3072cfa1;
const MSGS_ACK = 0x62d6b459;
const PING = 0x7abe77ec;
const PING_DELAY_DISCONNECT = 0xf3427b8c;
/** Clients answer questions about forgotten messages with this; none are asked here. */
const MSGS_STATE_INFO = 0x04deb57d;
const MAX_UNPACKED = 16 * 1024 * 1024;

/** Answers one API request; it sends the result itself. */
export type RequestHandler = (session: Session, messageId: bigint, request: Buffer) => void;

/** Sorts what arrives in a session: containers are opened, service messages answered, requests handed on. */
export class MessageDispatcher {
  readonly #handleRequest: RequestHandler;

  constructor(handleRequest: RequestHandler) {
    this.#handleRequest = handleRequest;
  }

  /** Handles a message and, when it is a container, everything in it, in order. */
  dispatch(session: Session, messageId: bigint, body: Buffer): void {
    const reader = new TlReader(body);
    switch (reader.uint32()) {
      case MSG_CONTAINER:
        for (let left = reader.uint32(); left > 0; left -= 1) {
          const innerId = reader.int64();
          reader.uint32();
          this.dispatch(session, innerId, reader.raw(reader.uint32()));
        }
        return;
      case GZIP_PACKED:
        this.dispatch(session, messageId, gunzipSync(reader.bytes(), { maxOutputLength: MAX_UNPACKED }));
        return;
      case MSGS_ACK:
      case MSGS_STATE_INFO:
        // Unacknowledged messages are sent again only within a session, and a session ends with its connection.
        return;
      case PING:
        session.send(pong(messageId, reader.raw(8)), 1n, false);
        return;
      case PING_DELAY_DISCONNECT:
        session.send(pong(messageId, reader.raw(8)), 1n, false);
        session.connection?.closeAfter(reader.uint32() * 1000);
        return;
      default:
        if (session.receive(messageId)) this.#handleRequest(session, messageId, body);
    }
  }
}
