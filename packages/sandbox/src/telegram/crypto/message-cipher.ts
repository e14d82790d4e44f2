import { randomFillSync } from "node:crypto";
import { sha1, sha256 } from "./hashes.ts";
import { decryptIge, encryptIge } from "./ige.ts";

/** Offset of the key derivation: 0 for what the client encrypts, 8 for what the server does. */
type Side = 0 | 8;

/** An encrypted message, opened. `body` is a view of the decrypted bytes. */
export interface OpenedMessage {
  readonly salt: bigint;
  readonly sessionId: bigint;
  readonly messageId: bigint;
  readonly sequence: number;
  readonly body: Buffer;
}

/** What a message says about itself, apart from its body. */
export interface MessageHead {
  readonly salt: bigint;
  readonly sessionId: bigint;
  readonly messageId: bigint;
  readonly sequence: number;
}

const HASHED_KEY_BYTES = 32;
const HEAD_BYTES = 32;
const ENVELOPE_BYTES = 24;
const MIN_PADDING = 12;
const MAX_PADDING = 1024;

/** Encrypts and decrypts the messages of one authorisation key (MTProto 2.0, https://core.telegram.org/mtproto/description). */
export class MessageCipher {
  readonly #key: Buffer;
  /** The low 64 bits of the key's SHA-1, as each message names its key. */
  readonly keyId: Buffer;

  constructor(key: Buffer) {
    this.#key = key;
    this.keyId = sha1(key).subarray(12, 20);
  }

  /** Opens a client's message. Throws when it was not sealed with this key or its lengths are impossible. */
  open(envelope: Buffer): OpenedMessage {
    const messageKey = envelope.subarray(8, ENVELOPE_BYTES);
    const [key, iv] = this.#derive(messageKey, 0);
    const plain = decryptIge(envelope.subarray(ENVELOPE_BYTES), key, iv);
    if (
      !sha256(this.#key.subarray(88, 88 + HASHED_KEY_BYTES), plain)
        .subarray(8, 24)
        .equals(messageKey)
    )
      throw new Error("The message key does not match the message.");
    const length = plain.readUInt32LE(28);
    const padding = plain.length - HEAD_BYTES - length;
    if (padding < MIN_PADDING || padding > MAX_PADDING)
      throw new Error("The message length does not fit its envelope.");
    return {
      salt: plain.readBigInt64LE(0),
      sessionId: plain.readBigInt64LE(8),
      messageId: plain.readBigInt64LE(16),
      sequence: plain.readUInt32LE(24),
      body: plain.subarray(HEAD_BYTES, HEAD_BYTES + length),
    };
  }

  /** Seals a server's message into an envelope: key id, message key, encrypted data. */
  seal(head: MessageHead, body: Uint8Array): Buffer {
    const unpadded = HEAD_BYTES + body.length;
    const padded = unpadded + MIN_PADDING + ((16 - ((unpadded + MIN_PADDING) % 16)) % 16);
    // The hashed part of the key stands right before the message, so that both are hashed without another copy.
    const buffer = Buffer.allocUnsafe(HASHED_KEY_BYTES + padded);
    this.#key.copy(buffer, 0, 96, 96 + HASHED_KEY_BYTES);
    const plain = buffer.subarray(HASHED_KEY_BYTES);
    plain.writeBigInt64LE(head.salt, 0);
    plain.writeBigInt64LE(head.sessionId, 8);
    plain.writeBigInt64LE(head.messageId, 16);
    plain.writeUInt32LE(head.sequence, 24);
    plain.writeUInt32LE(body.length, 28);
    plain.set(body, HEAD_BYTES);
    randomFillSync(plain, unpadded);
    const messageKey = sha256(buffer).subarray(8, 24);
    const [key, iv] = this.#derive(messageKey, 8);
    return Buffer.concat([this.keyId, messageKey, encryptIge(plain, key, iv)]);
  }

  #derive(messageKey: Buffer, side: Side): [key: Buffer, iv: Buffer] {
    const a = sha256(messageKey, this.#key.subarray(side, side + 36));
    const b = sha256(this.#key.subarray(40 + side, 76 + side), messageKey);
    return [
      Buffer.concat([a.subarray(0, 8), b.subarray(8, 24), a.subarray(24, 32)]),
      Buffer.concat([b.subarray(0, 8), a.subarray(8, 24), b.subarray(24, 32)]),
    ];
  }
}
