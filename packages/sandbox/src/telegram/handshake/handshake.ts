import { generatePrimeSync, randomBytes } from "node:crypto";
import { modPow, toBigInt, toBytes } from "../crypto/big-numbers.ts";
import { DH_BYTES, DH_GENERATOR, DH_PRIME, DH_PRIME_BYTES, isGoodPublicValue } from "../crypto/dh-group.ts";
import { sha1 } from "../crypto/hashes.ts";
import { decryptIge, encryptIge } from "../crypto/ige.ts";
import { TlReader } from "../tl/tl-reader.ts";
import { tlBytes, uint32, vectorOfLongs } from "../tl/tl-writer.ts";
import type { ServerKey } from "./server-key.ts";

const REQ_PQ = 0x60469778;
const REQ_PQ_MULTI = 0xbe7e8ef1;
const RES_PQ = 0x05162463;
const REQ_DH_PARAMS = 0xd712e4be;
const PQ_INNER_DATA = 0x83c95aec;
const PQ_INNER_DATA_DC = 0xa9f55f95;
const SERVER_DH_PARAMS_OK = 0xd0e8075c;
const SERVER_DH_INNER_DATA = 0xb5890dba;
const SET_CLIENT_DH_PARAMS = 0xf5045f1f;
const CLIENT_DH_INNER_DATA = 0x6643b654;
const DH_GEN_OK = 0x3bcbf734;
const FACTOR_BITS = 31;

/** A client that does not keep to the key exchange. Real data centres close the connection, and so does this one. */
export class HandshakeError extends Error {
  override readonly name = "HandshakeError";
}

interface Challenge {
  readonly nonce: Buffer;
  readonly serverNonce: Buffer;
  readonly p: Buffer;
  readonly q: Buffer;
}

interface Exchange extends Challenge {
  readonly newNonce: Buffer;
  readonly secret: bigint;
  readonly key: Buffer;
  readonly iv: Buffer;
}

/**
 * The server's side of creating an authorisation key (https://core.telegram.org/mtproto/auth_key): factorisation,
 * RSA_PAD, Diffie-Hellman. One for each connection; a client may start over with a new nonce at any time.
 */
export class Handshake {
  readonly #serverKey: ServerKey;
  readonly #onKey: (key: Buffer) => void;
  #challenge: Challenge | undefined;
  #exchange: Exchange | undefined;

  /** `onKey` gets each 256-byte key agreed on. */
  constructor(serverKey: ServerKey, onKey: (key: Buffer) => void) {
    this.#serverKey = serverKey;
    this.#onKey = onKey;
  }

  /** Answers one unencrypted request. Throws HandshakeError, or RangeError for a truncated one. */
  answer(request: Buffer): Buffer {
    const reader = new TlReader(request);
    const constructor = reader.uint32();
    if (constructor === REQ_PQ_MULTI || constructor === REQ_PQ) return this.#sendChallenge(reader);
    if (constructor === REQ_DH_PARAMS) return this.#startExchange(reader);
    if (constructor === SET_CLIENT_DH_PARAMS) return this.#finish(reader);
    throw new HandshakeError(`0x${constructor.toString(16)} may not be sent without encryption.`);
  }

  #sendChallenge(reader: TlReader): Buffer {
    const nonce = Buffer.from(reader.raw(16));
    const [p, q] = distinctPrimes();
    const challenge = { nonce, serverNonce: randomBytes(16), p: toBytes(p, 4), q: toBytes(q, 4) };
    this.#challenge = challenge;
    this.#exchange = undefined;
    return Buffer.concat([
      uint32(RES_PQ),
      nonce,
      challenge.serverNonce,
      tlBytes(toBytes(p * q, 8)),
      vectorOfLongs([this.#serverKey.fingerprint]),
    ]);
  }

  #startExchange(reader: TlReader): Buffer {
    const challenge = this.#challenge;
    if (challenge === undefined) throw new HandshakeError("req_DH_params came before req_pq_multi.");
    checkNonces(reader, challenge);
    if (!reader.bytes().equals(challenge.p) || !reader.bytes().equals(challenge.q))
      throw new HandshakeError("The factors are wrong.");
    if (!reader.raw(8).equals(this.#serverKey.fingerprint)) throw new HandshakeError("The key is not this server's.");
    const newNonce = readNewNonce(this.#serverKey.open(reader.bytes()), challenge);
    const exchange = {
      ...challenge,
      newNonce,
      secret: toBigInt(randomBytes(DH_BYTES)),
      ...temporaryKey(challenge, newNonce),
    };
    this.#exchange = exchange;
    const inner = Buffer.concat([
      uint32(SERVER_DH_INNER_DATA),
      exchange.nonce,
      exchange.serverNonce,
      uint32(DH_GENERATOR),
      tlBytes(DH_PRIME_BYTES),
      tlBytes(toBytes(modPow(BigInt(DH_GENERATOR), exchange.secret, DH_PRIME), DH_BYTES)),
      uint32(Math.floor(Date.now() / 1000)),
    ]);
    const hashed = Buffer.concat([sha1(inner), inner]);
    const padded = Buffer.concat([hashed, randomBytes((16 - (hashed.length % 16)) % 16)]);
    const sealed = encryptIge(padded, exchange.key, exchange.iv);
    return Buffer.concat([uint32(SERVER_DH_PARAMS_OK), exchange.nonce, exchange.serverNonce, tlBytes(sealed)]);
  }

  #finish(reader: TlReader): Buffer {
    const exchange = this.#exchange;
    if (exchange === undefined) throw new HandshakeError("set_client_DH_params came before req_DH_params.");
    checkNonces(reader, exchange);
    const clientValue = readClientValue(decryptIge(reader.bytes(), exchange.key, exchange.iv), exchange);
    if (!isGoodPublicValue(clientValue)) throw new HandshakeError("The client's public value is too weak.");
    const key = toBytes(modPow(clientValue, exchange.secret, DH_PRIME), DH_BYTES);
    this.#exchange = undefined;
    this.#challenge = undefined;
    this.#onKey(key);
    const newNonceHash = sha1(exchange.newNonce, Buffer.from([1]), sha1(key).subarray(0, 8)).subarray(4, 20);
    return Buffer.concat([uint32(DH_GEN_OK), exchange.nonce, exchange.serverNonce, newNonceHash]);
  }
}

function distinctPrimes(): [smaller: bigint, larger: bigint] {
  const a = generatePrimeSync(FACTOR_BITS, { bigint: true });
  const b = generatePrimeSync(FACTOR_BITS, { bigint: true });
  if (a === b) return distinctPrimes();
  return a < b ? [a, b] : [b, a];
}

function checkNonces(reader: TlReader, expected: Challenge): void {
  if (!reader.raw(16).equals(expected.nonce) || !reader.raw(16).equals(expected.serverNonce))
    throw new HandshakeError("The nonces belong to another key exchange.");
}

function readNewNonce(data: Buffer, challenge: Challenge): Buffer {
  const reader = new TlReader(data);
  const constructor = reader.uint32();
  if (constructor !== PQ_INNER_DATA && constructor !== PQ_INNER_DATA_DC)
    throw new HandshakeError("Only permanent keys are given out here.");
  reader.bytes();
  reader.bytes();
  reader.bytes();
  checkNonces(reader, challenge);
  return Buffer.from(reader.raw(32));
}

function temporaryKey(challenge: Challenge, newNonce: Buffer): { key: Buffer; iv: Buffer } {
  const first = sha1(newNonce, challenge.serverNonce);
  const second = sha1(challenge.serverNonce, newNonce);
  return {
    key: Buffer.concat([first, second.subarray(0, 12)]),
    iv: Buffer.concat([second.subarray(12), sha1(newNonce, newNonce), newNonce.subarray(0, 4)]),
  };
}

function readClientValue(decrypted: Buffer, exchange: Exchange): bigint {
  const hashBytes = 20;
  const reader = new TlReader(decrypted, hashBytes);
  if (reader.uint32() !== CLIENT_DH_INNER_DATA) throw new HandshakeError("client_DH_inner_data was expected.");
  checkNonces(reader, exchange);
  reader.int64();
  const value = toBigInt(reader.bytes());
  const hash = sha1(decrypted.subarray(hashBytes, reader.offset));
  if (!hash.equals(decrypted.subarray(0, hashBytes))) throw new HandshakeError("The hash of the inner data is wrong.");
  return value;
}
