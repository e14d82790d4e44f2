/**
 * Reads the bare types of TL (https://core.telegram.org/mtproto/serialize) from a buffer without copying it.
 * Reading past the end throws a RangeError.
 */
export class TlReader {
  readonly #bytes: Buffer;
  #offset: number;

  constructor(bytes: Buffer, offset = 0) {
    this.#bytes = bytes;
    this.#offset = offset;
  }

  /** How many bytes have been read, counted from the start of the buffer. */
  get offset(): number {
    return this.#offset;
  }

  uint32(): number {
    const value = this.#bytes.readUInt32LE(this.#offset);
    this.#offset += 4;
    return value;
  }

  int64(): bigint {
    const value = this.#bytes.readBigInt64LE(this.#offset);
    this.#offset += 8;
    return value;
  }

  /** A view of the next `length` bytes. */
  raw(length: number): Buffer {
    const end = this.#offset + length;
    if (length < 0 || end > this.#bytes.length) throw new RangeError("The TL value ends before its length says.");
    const view = this.#bytes.subarray(this.#offset, end);
    this.#offset = end;
    return view;
  }

  /** TL `bytes` (and `string`): a length of one or four bytes, the content, padding to four bytes. */
  bytes(): Buffer {
    const first = this.raw(1).readUInt8();
    const long = first === 254;
    const length = long ? this.raw(3).readUIntLE(0, 3) : first;
    const content = this.raw(length);
    const header = long ? 4 : 1;
    this.raw((4 - ((header + length) % 4)) % 4);
    return content;
  }
}
