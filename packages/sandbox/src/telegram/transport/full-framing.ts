import { crc32 } from "node:zlib";

const OVERHEAD = 12;
/** Longer than any request may be: a container holds at most 1 MiB, an upload part 512 KiB. */
const MAX_FRAME = 4 * 1024 * 1024;

/** A stream that is not the "full" TCP transport, or a damaged one. The connection can only be closed. */
export class FramingError extends Error {
  override readonly name = "FramingError";
}

/**
 * Cuts a TCP stream into payloads: the "full" transport of https://core.telegram.org/mtproto/mtproto-transports#full,
 * that is length, sequence number, payload, CRC32.
 */
export class FrameReader {
  #chunks: Buffer[] = [];
  #buffered = 0;
  #sequence = 0;

  /** Takes what the socket delivered and answers the payloads that became complete. Throws FramingError. */
  push(chunk: Buffer): Buffer[] {
    this.#chunks.push(chunk);
    this.#buffered += chunk.length;
    const payloads: Buffer[] = [];
    for (let length = this.#nextLength(); length !== undefined; length = this.#nextLength()) {
      payloads.push(this.#take(length));
    }
    return payloads;
  }

  /** The length of the next frame, once all of it is here. */
  #nextLength(): number | undefined {
    if (this.#buffered < 4) return undefined;
    const first = this.#chunks[0];
    const length = (first !== undefined && first.length >= 4 ? first : this.#joined()).readUInt32LE(0);
    if (length < OVERHEAD || length > MAX_FRAME)
      throw new FramingError(`A frame of ${length} bytes: this is not MTProto's full TCP transport.`);
    return this.#buffered < length ? undefined : length;
  }

  #take(length: number): Buffer {
    const all = this.#joined();
    const frame = all.subarray(0, length);
    const rest = all.subarray(length);
    this.#chunks = rest.length > 0 ? [rest] : [];
    this.#buffered = rest.length;
    if (frame.readUInt32LE(4) !== this.#sequence) throw new FramingError("A frame is missing or came twice.");
    this.#sequence += 1;
    const end = length - 4;
    if (crc32(frame.subarray(0, end)) !== frame.readUInt32LE(end)) throw new FramingError("The checksum is wrong.");
    return frame.subarray(8, end);
  }

  #joined(): Buffer {
    const [only] = this.#chunks;
    if (only !== undefined && this.#chunks.length === 1) return only;
    const all = Buffer.concat(this.#chunks);
    this.#chunks = [all];
    return all;
  }
}

/** Wraps payloads for one connection, counting them. */
export class FrameWriter {
  #sequence = 0;

  frame(payload: Uint8Array): Buffer {
    const frame = Buffer.allocUnsafe(payload.length + OVERHEAD);
    frame.writeUInt32LE(frame.length, 0);
    frame.writeUInt32LE(this.#sequence, 4);
    this.#sequence += 1;
    frame.set(payload, 8);
    frame.writeUInt32LE(crc32(frame.subarray(0, frame.length - 4)), frame.length - 4);
    return frame;
  }
}
