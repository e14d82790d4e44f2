import { generate } from "selfsigned";

/** A TLS key with the certificate that names the media host, both PEM. */
export interface MediaCertificate {
  readonly privateKey: string;
  readonly certificate: string;
}

const DAY_MS = 86_400_000;

/** A self-signed certificate for `localhost` and the given address, valid for a week. */
export async function createMediaCertificate(host: string): Promise<MediaCertificate> {
  const addresses = [...new Set(["127.0.0.1", ...(isAddress(host) ? [host] : [])])];
  const names = [...new Set(["localhost", ...(isAddress(host) ? [] : [host])])];
  const made = await generate([{ name: "commonName", value: "CRMessenger sandbox media host" }], {
    keyType: "ec",
    algorithm: "sha256",
    notBeforeDate: new Date(Date.now() - DAY_MS),
    notAfterDate: new Date(Date.now() + 7 * DAY_MS),
    extensions: [
      { name: "basicConstraints", cA: true },
      { name: "keyUsage", digitalSignature: true, keyEncipherment: true, keyCertSign: true },
      { name: "extKeyUsage", serverAuth: true },
      {
        name: "subjectAltName",
        altNames: [
          ...names.map((value) => ({ type: 2 as const, value })),
          ...addresses.map((ip) => ({ type: 7 as const, ip })),
        ],
      },
    ],
  });
  return { privateKey: made.private, certificate: made.cert };
}

function isAddress(host: string): boolean {
  return host.includes(":") || /^\d+(\.\d+){3}$/.test(host);
}
