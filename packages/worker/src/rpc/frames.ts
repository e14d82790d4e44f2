import { readSync, writeSync } from "node:fs";
import { deserialize, serialize } from "node:v8";

const HEADER_BYTES = 4;
const MAX_BYTES = 512 * 1024 * 1024;

/** A value with its length in front, for a pipe. */
export function frame(value: unknown): Buffer {
  const body = serialize(value);
  const whole = Buffer.allocUnsafe(HEADER_BYTES + body.length);
  whole.writeUInt32LE(body.length);
  body.copy(whole, HEADER_BYTES);
  return whole;
}

/** Writes a frame to a blocking pipe: when it returns, the frame is on its way. */
export function writeFrame(fd: number, value: unknown): void {
  const bytes = frame(value);
  for (let at = 0; at < bytes.length;) at += writeSync(fd, bytes, at);
}

/** Reads one frame from a blocking pipe: the thread stands still until it is there. */
export function readFrame(fd: number): unknown {
  const length = readBytes(fd, HEADER_BYTES).readUInt32LE();
  return deserialize(readBytes(fd, length)) as unknown;
}

function readBytes(fd: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  for (let at = 0; at < length;) {
    const read = readSync(fd, bytes, at, length - at, null);
    if (read === 0) throw new Error("The kernel is gone.");
    at += read;
  }
  return bytes;
}

/** Puts frames together from the pieces that a pipe delivers. Throws for what is no frame. */
export class FrameReader {
  #pieces: Buffer[] = [];
  #length = 0;

  /** The values that are complete with this piece. */
  push(piece: Buffer): unknown[] {
    this.#pieces.push(piece);
    this.#length += piece.length;
    const values: unknown[] = [];
    for (;;) {
      const body = this.#next();
      if (!body) return values;
      values.push(deserialize(body));
    }
  }

  #next(): Buffer | undefined {
    if (this.#length < HEADER_BYTES) return undefined;
    const [first = Buffer.alloc(0)] = this.#pieces;
    if (first.length < HEADER_BYTES) this.#pieces = [Buffer.concat(this.#pieces)];
    const size = (this.#pieces[0] as Buffer).readUInt32LE();
    if (size > MAX_BYTES) throw new RangeError(`A frame of ${size} bytes is none.`);
    if (this.#length < HEADER_BYTES + size) return undefined;
    const [all, rest] = split(Buffer.concat(this.#pieces), HEADER_BYTES + size);
    this.#pieces = rest.length > 0 ? [rest] : [];
    this.#length = rest.length;
    return all.subarray(HEADER_BYTES);
  }
}

function split(bytes: Buffer, at: number): [Buffer, Buffer] {
  return [bytes.subarray(0, at), bytes.subarray(at)];
}
