import type { Clock, Secrets } from "@crmessenger/kernel/infrastructure";
import { z } from "zod";
import {
  type SignatureScheme,
  type Signer,
  type SigningSecret,
  makeSigningSecret,
  signerOf,
  verifyingSecret,
} from "./signing-secret.ts";

const kept = z.object({
  current: z.object({ scheme: z.enum(["v1", "v1a"]), secret: z.string() }),
  previous: z.object({ scheme: z.enum(["v1", "v1a"]), secret: z.string(), until: z.number() }).nullable(),
});

const NAMESPACE = "webhooks";

/** The signing secrets of subscriptions; during a rotation each has two. */
export class SecretStore {
  readonly #secrets: Secrets;
  readonly #clock: Clock;

  constructor(secrets: Secrets, clock: Clock) {
    this.#secrets = secrets;
    this.#clock = clock;
  }

  /** Makes a secret; the one before, if any, still signs for `overlapMs`. Answers what the receiver verifies with. */
  async rotate(subscriptionId: string, scheme: SignatureScheme | undefined, overlapMs: number): Promise<string> {
    const namespace = this.#secrets.namespace(NAMESPACE);
    const before = await this.#read(subscriptionId);
    const current = makeSigningSecret(scheme ?? before?.current.scheme ?? "v1");
    const previous = before && overlapMs > 0 ? { ...before.current, until: this.#clock.now() + overlapMs } : null;
    await namespace.set(subscriptionId, Buffer.from(JSON.stringify({ current, previous })));
    return verifyingSecret(current);
  }

  /** One for each secret that is in force, the newest first. */
  async signers(subscriptionId: string): Promise<readonly Signer[]> {
    const found = await this.#read(subscriptionId);
    if (!found) return [];
    const secrets: SigningSecret[] = [found.current];
    if (found.previous && found.previous.until > this.#clock.now()) secrets.push(found.previous);
    return secrets.map(signerOf);
  }

  async forget(subscriptionId: string): Promise<void> {
    await this.#secrets.namespace(NAMESPACE).setMany(new Map([[subscriptionId, null]]));
  }

  async #read(subscriptionId: string): Promise<z.output<typeof kept> | undefined> {
    const secret = await this.#secrets.namespace(NAMESPACE).get(subscriptionId);
    return secret && kept.parse(JSON.parse(Buffer.from(secret.value).toString()));
  }
}

/** The headers of Standard Webhooks for one attempt. */
export function signatureHeaders(signers: readonly Signer[], id: string, now: number, body: string) {
  const timestamp = String(Math.floor(now / 1_000));
  return {
    "webhook-id": id,
    "webhook-timestamp": timestamp,
    "webhook-signature": signers.map((sign) => sign(id, timestamp, body)).join(" "),
  };
}
