import { Curve, type KeyPair } from "@whiskeysockets/baileys";
import type { CertificateAuthority } from "./certificate-authority.ts";

/** The server's long-lived Noise key with the chain that vouches for it, signed once and used by every handshake. */
export interface ServerCredentials {
  readonly keyPair: KeyPair;
  readonly certificate: Uint8Array;
}

export function createServerCredentials(authority: CertificateAuthority): ServerCredentials {
  const keyPair = Curve.generateKeyPair();
  return { keyPair, certificate: authority.certify(keyPair.public) };
}
