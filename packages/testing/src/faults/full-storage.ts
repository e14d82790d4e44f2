import { CrmError } from "@crmessenger/kernel";
import type { Storage } from "@crmessenger/kernel/infrastructure";

/**
 * A file storage over `storage` whose disk holds `roomBytes`: what does not fit any more is refused with
 * `CRM_STORAGE_FULL` and changes nothing. Replacing a file needs room for the new one beside the old one; what is
 * deleted makes room.
 */
export function fullStorage(storage: Storage, roomBytes: number): Storage {
  const sizes = new Map<string, number>();
  const used = () => [...sizes.values()].reduce((sum, size) => sum + size, 0);
  return {
    async put(path, content, meta) {
      const bytes = content instanceof Uint8Array ? content : await within(content, roomBytes - used(), path);
      if (used() + bytes.byteLength > roomBytes) throw full(path);
      const file = await storage.put(path, bytes, meta);
      sizes.set(path, file.size);
      return file;
    },
    get: (path, range) => (range ? storage.get(path, range) : storage.get(path)),
    stat: (path) => storage.stat(path),
    async delete(path) {
      const was = await storage.delete(path);
      sizes.delete(path);
      return was;
    },
  };
}

/** Reads until the disk would be full, and tells the giver that the rest is not wanted. */
async function within(content: ReadableStream<Uint8Array>, room: number, path: string): Promise<Uint8Array> {
  const reader = content.getReader();
  const chunks: Uint8Array[] = [];
  for (let size = 0; ;) {
    const { done, value } = await reader.read();
    if (done) return Buffer.concat(chunks);
    size += value.byteLength;
    if (size > room) {
      const error = full(path);
      await reader.cancel(error);
      throw error;
    }
    chunks.push(value);
  }
}

function full(path: string): CrmError {
  return new CrmError("CRM_STORAGE_FULL", `There is no room for ${path}: make some, or store files elsewhere.`, {
    status: 507,
    retryable: true,
    details: { path },
  });
}
