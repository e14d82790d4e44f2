import { decodeBinaryNode, encodeBinaryNode, type BinaryNode } from "@whiskeysockets/baileys";
import type { WebSocket } from "ws";
import type { DeviceLink } from "../devices/companion-device.ts";
import { Lane } from "../lane.ts";
import { frame, FrameReader } from "../noise/frame-reader.ts";
import { readOpening } from "../noise/opening.ts";
import { NoiseResponder, type ClientHandshake } from "../noise/responder.ts";
import type { ServerCredentials } from "../noise/server-credentials.ts";
import type { Transport } from "../noise/transport.ts";
import type { StanzaHandler } from "./stanza-handler.ts";

/** Decides what becomes of a client that has introduced itself; undefined when it was turned away. */
export type Welcome = (connection: Connection, client: ClientHandshake) => StanzaHandler | undefined;

/** What a connection needs of the server it belongs to. */
export interface ConnectionServer {
  readonly credentials: ServerCredentials;
  readonly welcome: Welcome;
  /** Told of failures that are not the client's doing, or not known to be; the connection is cut then. */
  readonly onError: (error: unknown) => void;
}

/** One client's WebSocket: the handshake, then encrypted stanzas both ways, handled strictly in order. */
export class Connection implements DeviceLink {
  readonly #socket: WebSocket;
  readonly #server: ConnectionServer;
  readonly #reader = new FrameReader();
  readonly #lane = new Lane();
  #responder: NoiseResponder | undefined;
  #greeted = false;
  #transport: Transport | undefined;
  #handler: StanzaHandler | undefined;

  constructor(socket: WebSocket, server: ConnectionServer) {
    this.#socket = socket;
    this.#server = server;
  }

  /** Starts listening to the client. */
  open(): void {
    this.#socket.on("message", (data: Buffer) => this.#receive(data));
    this.#socket.on("close", () => this.#handler?.closed());
    // An error is always followed by "close"; without a listener it would end the process.
    this.#socket.on("error", () => undefined);
  }

  send(node: BinaryNode): void {
    if (!this.#transport || this.#socket.readyState !== this.#socket.OPEN) return;
    this.#socket.send(frame(this.#transport.seal(encodeBinaryNode(node))));
  }

  end(node: BinaryNode): void {
    this.send(node);
    this.#socket.close();
  }

  drop(): void {
    this.#socket.terminate();
  }

  #receive(data: Buffer): void {
    try {
      this.#reader.push(data);
      if (!this.#responder) {
        const opening = readOpening(this.#reader);
        if (!opening) return;
        this.#responder = new NoiseResponder(this.#server.credentials, opening);
      }
      for (let body = this.#reader.nextFrame(); body; body = this.#reader.nextFrame())
        this.#take(body, this.#responder);
    } catch {
      // A client that does not speak the protocol is cut off, as the real server does.
      this.drop();
    }
  }

  #take(body: Buffer, responder: NoiseResponder): void {
    if (this.#transport) {
      // Decrypted here and now: the counters of the stream follow the order of arrival.
      const plaintext = this.#transport.open(body);
      void this.#lane.run(() => this.#dispatch(plaintext));
    } else if (this.#greeted) {
      const client = responder.finish(body);
      this.#transport = client.transport;
      this.#handler = this.#server.welcome(this, client);
    } else {
      this.#socket.send(frame(responder.answerHello(body)));
      this.#greeted = true;
    }
  }

  async #dispatch(plaintext: Buffer): Promise<void> {
    try {
      await this.#handler?.handle(await decodeBinaryNode(plaintext));
    } catch (error) {
      this.drop();
      this.#server.onError(error);
    }
  }
}
