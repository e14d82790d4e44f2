import {
  type BinaryNode,
  encodeBigEndian,
  getBinaryNodeChild,
  getBinaryNodeChildBuffer,
  getBinaryNodeChildUInt,
} from "@whiskeysockets/baileys";

/** The Curve25519 key type byte that precedes public keys in Signal. */
const KEY_TYPE = Buffer.from([5]);

/** A one-time pre-key, public half. */
export interface PreKey {
  readonly id: number;
  readonly publicKey: Uint8Array;
}

/** What one party publishes so that others can start a Signal session with it (X3DH). Keys are 32 bytes, untyped. */
export interface KeyBundle {
  readonly registrationId: number;
  readonly identity: Uint8Array;
  readonly signedPreKey: PreKey & { readonly signature: Uint8Array };
  /** Absent once the one-time keys have run out; the session then starts without one, as Signal allows. */
  readonly preKey?: PreKey;
}

/** The children of `<user>` in a key reply, or of `<keys>` in a retry receipt. */
export function bundleContent(bundle: KeyBundle): BinaryNode[] {
  const { signedPreKey, preKey } = bundle;
  const content: BinaryNode[] = [
    { tag: "type", attrs: {}, content: KEY_TYPE },
    { tag: "identity", attrs: {}, content: bundle.identity },
    { tag: "skey", attrs: {}, content: [...keyContent(signedPreKey), leaf("signature", signedPreKey.signature)] },
  ];
  if (preKey) content.push({ tag: "key", attrs: {}, content: keyContent(preKey) });
  return content;
}

/** `<registration>`: four bytes, big-endian. */
export function registrationNode(registrationId: number): BinaryNode {
  return leaf("registration", encodeBigEndian(registrationId, 4));
}

/** Reads the bundle of a retry receipt: `<registration>` beside `<keys>`. Undefined when the sender attached none. */
export function readRetryBundle(receipt: BinaryNode): KeyBundle | undefined {
  const keys = getBinaryNodeChild(receipt, "keys");
  const identity = getBinaryNodeChildBuffer(keys, "identity");
  const registrationId = getBinaryNodeChildUInt(receipt, "registration", 4);
  const signed = getBinaryNodeChild(keys, "skey");
  const signature = getBinaryNodeChildBuffer(signed, "signature");
  const signedPreKey = readPreKey(signed);
  if (!identity || registrationId === undefined || !signature || !signedPreKey) return undefined;
  const preKey = readPreKey(getBinaryNodeChild(keys, "key"));
  return {
    registrationId,
    identity,
    signedPreKey: { ...signedPreKey, signature },
    ...(preKey ? { preKey } : {}),
  };
}

/** Reads `<id>` and `<value>` of a `<key>` or `<skey>`. */
export function readPreKey(node: BinaryNode | undefined): PreKey | undefined {
  if (!node) return undefined;
  const id = getBinaryNodeChildUInt(node, "id", 3);
  const publicKey = getBinaryNodeChildBuffer(node, "value");
  return id === undefined || !publicKey ? undefined : { id, publicKey };
}

/** A public key with its Signal type byte in front. */
export function typedKey(publicKey: Uint8Array): Buffer {
  return publicKey.length === 33 ? Buffer.from(publicKey) : Buffer.concat([KEY_TYPE, publicKey]);
}

function keyContent(key: PreKey): BinaryNode[] {
  return [leaf("id", encodeBigEndian(key.id, 3)), leaf("value", key.publicKey)];
}

function leaf(tag: string, content: Uint8Array): BinaryNode {
  return { tag, attrs: {}, content };
}
