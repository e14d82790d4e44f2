import { hash } from "node:crypto";

/** SHA-1 of the concatenation; MTProto uses it for key ids and in the handshake only. */
export function sha1(...parts: readonly Uint8Array[]): Buffer {
  return hash("sha1", join(parts), "buffer");
}

/** SHA-256 of the concatenation. */
export function sha256(...parts: readonly Uint8Array[]): Buffer {
  return hash("sha256", join(parts), "buffer");
}

/** Bytes of `a` XOR bytes of `b`, as long as `a`. */
export function xor(a: Uint8Array, b: Uint8Array): Buffer {
  const result = Buffer.allocUnsafe(a.length);
  for (let index = 0; index < a.length; index += 1) result[index] = (a[index] ?? 0) ^ (b[index] ?? 0);
  return result;
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  const [only] = parts;
  return parts.length === 1 && only !== undefined ? only : Buffer.concat(parts);
}
