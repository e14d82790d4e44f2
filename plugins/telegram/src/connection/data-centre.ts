import { createHash, createPublicKey } from "node:crypto";
import bigInt from "big-integer";
import type { Api } from "telegram";
import { _serverKeys } from "telegram/crypto/RSA.js";
import { serializeBytes } from "telegram/tl/index.js";

/** A data centre to dial. */
export interface DataCentre {
  readonly id: number;
  readonly host: string;
  readonly port: number;
}

/** Where new logins begin: Telegram's data centre 2 (https://core.telegram.org/api/datacenter); it sends on who belongs elsewhere. */
const FIRST: DataCentre = { id: 2, host: "149.154.167.50", port: 443 };

/** Finds data centres: Telegram's own, or always the one that was configured. */
export class DataCentres {
  readonly #fixed: { readonly host: string; readonly port: number } | undefined;

  /** A fixed data centre's key is trusted by this process from now on, besides Telegram's own keys. */
  constructor(fixed: { readonly host: string; readonly port: number; readonly publicKey: string } | undefined) {
    this.#fixed = fixed;
    if (fixed !== undefined) trust(fixed.publicKey);
  }

  first(): DataCentre {
    return { ...FIRST, ...this.#address() };
  }

  /** A data centre by its number, as Telegram's configuration names it; `undefined` when it does not. */
  find(id: number, config: Api.Config): DataCentre | undefined {
    if (this.#fixed !== undefined) return { id, ...this.#address(), host: this.#fixed.host, port: this.#fixed.port };
    const option = config.dcOptions.find(
      (one) => one.id === id && !one.ipv6 && !one.mediaOnly && !one.cdn && !one.tcpoOnly,
    );
    return option && { id, host: option.ipAddress, port: option.port };
  }

  /** The address of a stored login: where it was made, unless a fixed data centre takes everything. */
  stored(dataCentre: DataCentre): DataCentre {
    return { ...dataCentre, ...this.#address() };
  }

  #address(): { host: string; port: number } | undefined {
    return this.#fixed && { host: this.#fixed.host, port: this.#fixed.port };
  }
}

/**
 * Adds a key to those that GramJS accepts from servers. It knows keys by fingerprint: the low 64 bits of SHA-1 over the
 * TL form of the key (https://core.telegram.org/mtproto/auth_key).
 */
function trust(publicKey: string): void {
  const { n = "", e = "" } = createPublicKey(publicKey).export({ format: "jwk" });
  const modulus = Buffer.from(n, "base64url");
  const exponent = Buffer.from(e, "base64url");
  const fingerprint = createHash("sha1")
    .update(serializeBytes(modulus))
    .update(serializeBytes(exponent))
    .digest()
    .readBigInt64LE(12);
  _serverKeys.set(fingerprint.toString(), {
    n: bigInt(modulus.toString("hex"), 16),
    e: Number.parseInt(exponent.toString("hex"), 16),
  });
}
