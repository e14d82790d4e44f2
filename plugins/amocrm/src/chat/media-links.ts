import { createHmac, timingSafeEqual } from "node:crypto";
import type { Clock, StoredFile } from "@crmessenger/kernel/infrastructure";

const LIFETIME_MS = 7 * 24 * 60 * 60_000;

/** Addresses under which amoCRM fetches files: only who holds one can, and only for a week. */
export class MediaLinks {
  readonly #key: Buffer;
  readonly #publicUrl: string | undefined;
  readonly #clock: Clock;

  constructor(parts: { secret: string; publicUrl: string | undefined; clock: Clock }) {
    this.#key = createHmac("sha256", parts.secret).update("crmessenger.amocrm.media").digest();
    this.#publicUrl = parts.publicUrl;
    this.#clock = parts.clock;
  }

  /** Where the file can be fetched; undefined when amoCRM can't reach us. */
  addressOf(file: StoredFile): string | undefined {
    if (this.#publicUrl === undefined) return undefined;
    const path = Buffer.from(file.path).toString("base64url");
    const until = (this.#clock.now() + LIFETIME_MS).toString(36);
    return `${this.#publicUrl}/hooks/amocrm/media/${path}.${until}.${this.#sign(path, until)}`;
  }

  /** The storage path that a token of ours stands for; undefined for anything else. */
  pathOf(token: string): string | undefined {
    const [path = "", until = "", signature = ""] = token.split(".");
    const expected = Buffer.from(this.#sign(path, until));
    const given = Buffer.from(signature);
    if (expected.length !== given.length || !timingSafeEqual(expected, given)) return undefined;
    return Number.parseInt(until, 36) > this.#clock.now() ? Buffer.from(path, "base64url").toString("utf8") : undefined;
  }

  #sign(path: string, until: string): string {
    return createHmac("sha256", this.#key).update(`${path}.${until}`).digest("base64url");
  }
}
