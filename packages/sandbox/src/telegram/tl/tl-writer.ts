/** A constructor number, an `int` or a `#` as TL writes it. */
export function uint32(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeUInt32LE(value >>> 0);
  return bytes;
}

/** A TL `long`. */
export function int64(value: bigint): Buffer {
  const bytes = Buffer.allocUnsafe(8);
  bytes.writeBigInt64LE(BigInt.asIntN(64, value));
  return bytes;
}

/** TL `bytes`: a length of one or four bytes, the content, padding to four bytes. */
export function tlBytes(content: Uint8Array): Buffer {
  const short = content.length < 254;
  const header = short ? 1 : 4;
  const padding = (4 - ((header + content.length) % 4)) % 4;
  const bytes = Buffer.alloc(header + content.length + padding);
  if (short) bytes.writeUInt8(content.length);
  else bytes.writeUInt32LE(((content.length << 8) | 254) >>> 0);
  bytes.set(content, header);
  return bytes;
}

/** What TL calls `Vector<long>`, boxed. */
export function vectorOfLongs(values: readonly Buffer[]): Buffer {
  return Buffer.concat([uint32(0x1cb5c415), uint32(values.length), ...values]);
}
