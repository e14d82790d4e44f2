import { Curve, proto, WA_CERT_DETAILS, type KeyPair } from "@whiskeysockets/baileys";

const Details = proto.CertChain.NoiseCertificate.Details;

/**
 * Signs the server's handshake key. The chain is root, intermediate, leaf as at WhatsApp; a client trusts it once it is
 * given this authority's root key (in Baileys: `WA_CERT_DETAILS.PUBLIC_KEY`).
 */
export class CertificateAuthority {
  readonly #root: KeyPair = Curve.generateKeyPair();
  readonly #intermediate: KeyPair = Curve.generateKeyPair();

  /** The 32 bytes a client has to trust. */
  get rootKey(): Uint8Array {
    return this.#root.public;
  }

  /** The encoded chain that certifies a server key. */
  certify(serverKey: Uint8Array): Uint8Array {
    const intermediate = Details.encode({
      serial: 1,
      issuerSerial: WA_CERT_DETAILS.SERIAL,
      key: this.#intermediate.public,
    }).finish();
    const leaf = Details.encode({ serial: 2, issuerSerial: 1, key: serverKey }).finish();
    return proto.CertChain.encode({
      leaf: { details: leaf, signature: Curve.sign(this.#intermediate.private, leaf) },
      intermediate: { details: intermediate, signature: Curve.sign(this.#root.private, intermediate) },
    }).finish();
  }
}
