import {
  type CipherGCMTypes,
  type KeyObject,
  createCipheriv,
  createDecipheriv,
  createHash,
  createSecretKey,
  randomBytes,
} from "node:crypto";
import { CrmError } from "@crmessenger/kernel";

/** Where a secret lives. It is sealed together with the value: a sealed value is of no use anywhere else. */
export interface SecretPlace {
  readonly tenantId: string;
  readonly namespace: string;
  readonly key: string;
}

const CIPHER: CipherGCMTypes = "aes-256-gcm";
const FORMAT = 1;
const KEY_BYTES = 32;
const KEY_ID_BYTES = 4;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const HEADER_BYTES = 1 + KEY_ID_BYTES + NONCE_BYTES;

interface Key {
  readonly id: Buffer;
  readonly secret: KeyObject;
}

/**
 * Encrypts with the first of its keys and decrypts with any of them, so that a key can be changed: put the new one
 * in front, and drop the old one when everything is sealed anew.
 *
 * A sealed value is: format (1 byte), the key's id (4), a random nonce (12), the AES-256-GCM ciphertext, its tag (16).
 */
export class KeyRing {
  readonly #keys: readonly Key[];

  constructor(secrets: readonly Uint8Array[]) {
    if (secrets.length === 0)
      throw new CrmError("CRM_SECRETS_KEY", "There is no key to encrypt secrets with. Set CRMESSENGER_SECRET_KEY.");
    this.#keys = secrets.map(toKey);
  }

  /** The id that `seal` writes; see `keyIdOf`. */
  get currentKeyId(): string {
    return (this.#keys[0] as Key).id.toString("hex");
  }

  get size(): number {
    return this.#keys.length;
  }

  seal(value: Uint8Array, place: SecretPlace): Buffer {
    const { id, secret } = this.#keys[0] as Key;
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(CIPHER, secret, nonce, { authTagLength: TAG_BYTES }).setAAD(boundTo(place));
    return Buffer.concat([Uint8Array.of(FORMAT), id, nonce, cipher.update(value), cipher.final(), cipher.getAuthTag()]);
  }

  open(sealed: Uint8Array, place: SecretPlace): Uint8Array {
    if (sealed.length < HEADER_BYTES + TAG_BYTES || sealed[0] !== FORMAT) throw corrupt(place);
    const key = this.#keys.find(({ id }) => id.equals(sealed.subarray(1, 1 + KEY_ID_BYTES)));
    if (!key) throw unknownKey(place, keyIdOf(sealed));
    const nonce = sealed.subarray(1 + KEY_ID_BYTES, HEADER_BYTES);
    const decipher = createDecipheriv(CIPHER, key.secret, nonce, { authTagLength: TAG_BYTES }).setAAD(boundTo(place));
    decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
    try {
      return Buffer.concat([decipher.update(sealed.subarray(HEADER_BYTES, -TAG_BYTES)), decipher.final()]);
    } catch {
      throw corrupt(place); // the cipher's own error says no more than that
    }
  }
}

/** Which key sealed it, as hex. */
export function keyIdOf(sealed: Uint8Array): string {
  return Buffer.from(sealed.subarray(1, 1 + KEY_ID_BYTES)).toString("hex");
}

function toKey(secret: Uint8Array): Key {
  if (secret.length !== KEY_BYTES) {
    throw new CrmError(
      "CRM_SECRETS_KEY",
      `A key for secrets has ${KEY_BYTES} bytes, and this one has ${secret.length}. Make one with: openssl rand -base64 32`,
    );
  }
  return {
    id: createHash("sha256").update("crmessenger secret key id").update(secret).digest().subarray(0, KEY_ID_BYTES),
    secret: createSecretKey(secret),
  };
}

/** Unambiguous, whatever the names hold. */
function boundTo({ tenantId, namespace, key }: SecretPlace): Buffer {
  return Buffer.from(JSON.stringify([tenantId, namespace, key]));
}

function unknownKey(place: SecretPlace, keyId: string): CrmError {
  return new CrmError(
    "CRM_SECRETS_KEY",
    `The secret ${nameOf(place)} was encrypted with another key (${keyId}). Add that key to CRMESSENGER_SECRET_KEY, after the current one and a comma.`,
    { details: { ...place, keyId } },
  );
}

function corrupt(place: SecretPlace): CrmError {
  return new CrmError(
    "CRM_SECRETS_CORRUPT",
    `The stored secret ${nameOf(place)} was changed by somebody else or damaged. Delete it and sign in again, or restore a backup.`,
    { details: { ...place } },
  );
}

function nameOf({ namespace, key }: SecretPlace): string {
  return `${namespace}/${key}`;
}
