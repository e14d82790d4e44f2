import { type KeyObject, createHmac, createPublicKey, timingSafeEqual, verify } from "node:crypto";
import { CrmError } from "@crmessenger/kernel";

/** A webhook whose sender and bytes are certain. */
export interface VerifiedWebhook {
  /** Stable across attempts: what a receiver dedupes by. */
  readonly id: string;
  /** When it was sent: milliseconds since the Unix epoch. */
  readonly sentAt: number;
  /** The bytes that were verified: parse these, and nothing else. */
  readonly body: Uint8Array;
}

export interface VerifyOptions {
  /** Milliseconds since the Unix epoch. Default: now. */
  readonly now?: number;
  /** How far the timestamp may be from now, both ways, in seconds. Default 300, as Standard Webhooks recommends. */
  readonly toleranceSeconds?: number;
}

const DEFAULT_TOLERANCE_SECONDS = 300;

/** The DER wrapping of a raw Ed25519 public key (RFC 8410), which is constant. */
const SPKI_HEAD = Buffer.from("302a300506032b6570032100", "hex");
const PUBLIC_KEY_BYTES = 32;

type Headers = Readonly<Record<string, string | readonly string[] | undefined>>;

/**
 * Checks the signature of Standard Webhooks over the bytes as they arrived. `secrets` are all that are in force:
 * `whsec_…`, as shared, or `whpk_…`, a public key; during a rotation there are two. Header names in any case.
 *
 * Refuses with `CRM_WEBHOOK_UNVERIFIED` (401), whatever is wrong; a secret that is none is `CRM_WEBHOOK_SECRET`.
 */
export function verifyWebhook(
  rawBytes: Uint8Array,
  headers: Headers,
  secrets: readonly string[],
  options: VerifyOptions = {},
): VerifiedWebhook {
  const { now = Date.now(), toleranceSeconds = DEFAULT_TOLERANCE_SECONDS } = options;
  const verifiers = secrets.map(verifierOf);
  const given = lowerCased(headers);
  const [id, timestamp, signatures] = ["id", "timestamp", "signature"].map((name) => given.get(`webhook-${name}`));
  if (!id || !timestamp || !signatures)
    throw unverified("it lacks one of the headers webhook-id, webhook-timestamp and webhook-signature");
  if (!/^\d{1,12}$/.test(timestamp)) throw unverified("its webhook-timestamp is no number of seconds");
  if (Math.abs(now / 1_000 - Number(timestamp)) > toleranceSeconds)
    throw unverified(`its webhook-timestamp is more than ${toleranceSeconds} seconds off`);
  const signed = Buffer.concat([Buffer.from(`${id}.${timestamp}.`), rawBytes]);
  const fits = signatures.split(" ").some((part) => verifiers.some((fits) => fits(part, signed)));
  if (!fits) throw unverified("no signature of it fits the bytes and a secret");
  return { id, sentAt: Number(timestamp) * 1_000, body: rawBytes };
}

/** Whether a part of the header, such as `v1,…`, signs these bytes. */
type Verifier = (part: string, signed: Uint8Array) => boolean;

function verifierOf(secret: string): Verifier {
  if (secret.startsWith("whpk_")) return publicVerifier(secret);
  const key = bytesOf(secret.startsWith("whsec_") ? secret.slice(6) : secret);
  if (key === undefined || key.length < 24 || key.length > 64) throw badSecret();
  return (part, signed) => {
    const given = signatureIn(part, "v1");
    if (!given) return false;
    const expected = createHmac("sha256", key).update(signed).digest();
    return given.length === expected.length && timingSafeEqual(given, expected);
  };
}

function publicVerifier(secret: string): Verifier {
  const raw = bytesOf(secret.slice(5));
  if (raw?.length !== PUBLIC_KEY_BYTES) throw badSecret();
  const key: KeyObject = createPublicKey({ key: Buffer.concat([SPKI_HEAD, raw]), format: "der", type: "spki" });
  return (part, signed) => {
    const given = signatureIn(part, "v1a");
    return given !== undefined && verify(null, signed, key, given);
  };
}

function signatureIn(part: string, scheme: string): Buffer | undefined {
  return part.startsWith(`${scheme},`) ? Buffer.from(part.slice(scheme.length + 1), "base64") : undefined;
}

function bytesOf(base64: string): Buffer | undefined {
  return /^[A-Za-z0-9+/]+={0,2}$/.test(base64) ? Buffer.from(base64, "base64") : undefined;
}

function lowerCased(headers: Headers): ReadonlyMap<string, string | undefined> {
  return new Map(
    Object.entries(headers).map(([name, value]) => [
      name.toLowerCase(),
      typeof value === "object" ? value.join(" ") : value,
    ]),
  );
}

function unverified(why: string): CrmError {
  return new CrmError("CRM_WEBHOOK_UNVERIFIED", `The webhook is not authentic: ${why}.`, { status: 401 });
}

function badSecret(): CrmError {
  return new CrmError(
    "CRM_WEBHOOK_SECRET",
    "A secret of a webhook is whsec_ and 24 to 64 bytes in base64, or whpk_ and the 32 bytes of a public key.",
  );
}
