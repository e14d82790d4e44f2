const LENGTH_BYTES = 3;

/** Cuts the byte stream into frames: three bytes of length, big-endian, then that many bytes. */
export class FrameReader {
  #pending: Buffer = Buffer.alloc(0);

  /** Adds bytes that arrived; `take` and `nextFrame` then see them. */
  push(bytes: Buffer): void {
    this.#pending = this.#pending.length === 0 ? bytes : Buffer.concat([this.#pending, bytes]);
  }

  /** The next bytes without consuming them; undefined until that many have arrived. */
  peek(length: number): Buffer | undefined {
    return this.#pending.length < length ? undefined : this.#pending.subarray(0, length);
  }

  /** The next bytes outside any frame (the stream's opening); undefined until that many have arrived. */
  take(length: number): Buffer | undefined {
    const taken = this.peek(length);
    if (taken) this.#pending = this.#pending.subarray(length);
    return taken;
  }

  nextFrame(): Buffer | undefined {
    if (this.#pending.length < LENGTH_BYTES) return undefined;
    const length = this.#pending.readUIntBE(0, LENGTH_BYTES);
    if (this.#pending.length < LENGTH_BYTES + length) return undefined;
    this.take(LENGTH_BYTES);
    return this.take(length);
  }
}

/** A frame ready for the wire. */
export function frame(body: Uint8Array): Buffer {
  const framed = Buffer.allocUnsafe(LENGTH_BYTES + body.length);
  framed.writeUIntBE(body.length, 0, LENGTH_BYTES);
  framed.set(body, LENGTH_BYTES);
  return framed;
}
