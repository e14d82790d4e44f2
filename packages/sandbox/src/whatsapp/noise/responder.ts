import { createHash, hkdfSync } from "node:crypto";
import { Curve, proto } from "@whiskeysockets/baileys";
import { open, seal } from "./aead.ts";
import type { ServerCredentials } from "./server-credentials.ts";
import { Transport } from "./transport.ts";
import { agree } from "./x25519.ts";

/** Exactly 32 bytes, so it is the initial hash itself (Noise §5.2). */
const PROTOCOL_NAME = Buffer.from("Noise_XX_25519_AESGCM_SHA256\0\0\0\0", "latin1");

/** What the client said of itself in the last message of the handshake. */
export interface ClientHandshake {
  /** The client's long-lived Noise key: what a linked device is recognised by. */
  readonly noiseKey: Buffer;
  readonly payload: proto.ClientPayload;
  readonly transport: Transport;
}

/**
 * The server's side of Noise_XX_25519_AESGCM_SHA256: `-> e`, `<- e, ee, s, es`, `-> s, se`. The prologue is what the
 * client opens the stream with. Each step throws when the client's message is malformed or does not authenticate.
 */
export class NoiseResponder {
  readonly #server: ServerCredentials;
  readonly #ephemeral = Curve.generateKeyPair();
  #hash: Buffer = PROTOCOL_NAME;
  #chainingKey: Buffer = PROTOCOL_NAME;
  #key: Buffer = PROTOCOL_NAME;
  #counter = 0;

  constructor(server: ServerCredentials, prologue: Uint8Array) {
    this.#server = server;
    this.#mixHash(prologue);
  }

  /** Takes ClientHello and gives ServerHello. */
  answerHello(frame: Uint8Array): Uint8Array {
    const clientEphemeral = proto.HandshakeMessage.decode(frame).clientHello?.ephemeral;
    if (clientEphemeral?.length !== 32) throw new Error("The ClientHello carries no ephemeral key.");
    this.#mixHash(clientEphemeral);
    this.#mixHash(this.#ephemeral.public);
    this.#mixKey(agree(this.#ephemeral.private, clientEphemeral));
    const encryptedStatic = this.#seal(this.#server.keyPair.public);
    this.#mixKey(agree(this.#server.keyPair.private, clientEphemeral));
    const payload = this.#seal(this.#server.certificate);
    return proto.HandshakeMessage.encode({
      serverHello: { ephemeral: this.#ephemeral.public, static: encryptedStatic, payload },
    }).finish();
  }

  /** Takes ClientFinish and gives the client's identity with the keys of the stream. */
  finish(frame: Uint8Array): ClientHandshake {
    const message = proto.HandshakeMessage.decode(frame).clientFinish;
    if (!message?.static || !message.payload) throw new Error("The ClientFinish carries no key or no payload.");
    const noiseKey = this.#open(message.static);
    this.#mixKey(agree(this.#ephemeral.private, noiseKey));
    const payload = proto.ClientPayload.decode(this.#open(message.payload));
    const [fromClient, fromServer] = this.#derive(Buffer.alloc(0));
    return { noiseKey, payload, transport: new Transport(fromClient, fromServer) };
  }

  #mixHash(data: Uint8Array): void {
    this.#hash = createHash("sha256").update(this.#hash).update(data).digest();
  }

  #mixKey(secret: Uint8Array): void {
    [this.#chainingKey, this.#key] = this.#derive(secret);
    this.#counter = 0;
  }

  #derive(secret: Uint8Array): [Buffer, Buffer] {
    const derived = Buffer.from(hkdfSync("sha256", secret, this.#chainingKey, "", 64));
    return [derived.subarray(0, 32), derived.subarray(32)];
  }

  #seal(plaintext: Uint8Array): Buffer {
    const sealed = seal(plaintext, { key: this.#key, counter: this.#counter, associatedData: this.#hash });
    this.#counter += 1;
    this.#mixHash(sealed);
    return sealed;
  }

  #open(sealed: Uint8Array): Buffer {
    const plaintext = open(sealed, { key: this.#key, counter: this.#counter, associatedData: this.#hash });
    this.#counter += 1;
    this.#mixHash(sealed);
    return plaintext;
  }
}
