import { RpcFailure } from "./rpc-failure.ts";

const MAX_PARTS = 4000;
const MAX_PART_BYTES = 512 * 1024;
const KEPT_UPLOADS = 256;

/** Parts by number. */
interface Upload {
  readonly parts: Map<number, Buffer>;
}

/**
 * File parts on their way to a message (https://core.telegram.org/api/files#uploading-files). Parts of the oldest
 * uploads are forgotten when more than 256 have been started and not used.
 */
export class Uploads {
  readonly #uploads = new Map<string, Upload>();

  /** Keeps a part. Sending it again replaces it. Throws the RPC failures of upload.saveFilePart. */
  save(owner: string, fileId: bigint, part: number, bytes: Buffer): void {
    if (part < 0 || part >= MAX_PARTS) throw new RpcFailure(400, "FILE_PART_INVALID");
    if (bytes.length === 0) throw new RpcFailure(400, "FILE_PART_EMPTY");
    if (bytes.length > MAX_PART_BYTES) throw new RpcFailure(400, "FILE_PART_TOO_BIG");
    const key = `${owner}:${fileId}`;
    const upload = this.#uploads.get(key) ?? { parts: new Map<number, Buffer>() };
    this.#uploads.set(key, upload);
    // The part is a view of a received frame: a copy lets the frame go.
    upload.parts.set(part, Buffer.from(bytes));
    if (this.#uploads.size > KEPT_UPLOADS) this.#forgetOldest();
  }

  /** The whole file. Throws FILE_PARTS_INVALID, FILE_PART_n_MISSING or FILE_PART_SIZE_INVALID. */
  assemble(owner: string, fileId: bigint, count: number): Buffer {
    const upload = this.#uploads.get(`${owner}:${fileId}`);
    if (count < 1 || count > MAX_PARTS) throw new RpcFailure(400, "FILE_PARTS_INVALID");
    const parts: Buffer[] = [];
    for (let index = 0; index < count; index += 1) {
      const part = upload?.parts.get(index);
      if (part === undefined) throw new RpcFailure(400, `FILE_PART_${index}_MISSING`);
      parts.push(part);
    }
    const size = parts[0]?.length ?? 0;
    const evenlySized = parts.slice(0, -1).every((part) => part.length === size);
    if (count > 1 && (!evenlySized || size % 1024 !== 0 || MAX_PART_BYTES % size !== 0))
      throw new RpcFailure(400, "FILE_PART_SIZE_INVALID");
    return Buffer.concat(parts);
  }

  /** Forgets the parts, after they became a file. */
  discard(owner: string, fileId: bigint): void {
    this.#uploads.delete(`${owner}:${fileId}`);
  }

  #forgetOldest(): void {
    for (const key of this.#uploads.keys()) {
      this.#uploads.delete(key);
      return;
    }
  }
}
