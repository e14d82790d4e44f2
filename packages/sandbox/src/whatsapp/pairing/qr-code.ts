/** What the text of a linking QR code says. */
export interface QrCode {
  /** The server's reference of the connection that shows the code. */
  readonly ref: string;
  readonly noiseKey: Buffer;
  readonly identityKey: Buffer;
  /** The secret that lets phone and device recognise each other without the server. */
  readonly advSecret: Buffer;
}

/**
 * Reads `ref,noise key,identity key,adv secret[,platform]`, with or without the `https://wa.me/…#` link around it.
 * Throws when the text is not a linking code.
 */
export function parseQrCode(text: string): QrCode {
  const [ref, ...keys] = text.slice(text.indexOf("#") + 1).split(",");
  const [noiseKey, identityKey, advSecret] = keys.map((key) => Buffer.from(key, "base64"));
  if (!ref || noiseKey?.length !== 32 || identityKey?.length !== 32 || advSecret?.length !== 32) {
    throw new Error("This is not a WhatsApp linking code.");
  }
  return { ref, noiseKey, identityKey, advSecret };
}
