import type { Storage } from "@crmessenger/kernel/infrastructure";
import { but } from "./break-storage.ts";

/** A file storage with one fault, and the promise that it breaks. */
export interface FileBreakage {
  readonly fault: string;
  readonly noticedBy: string;
  readonly storage: (sound: Storage) => Storage;
}

export const fileBreakages: readonly FileBreakage[] = [
  {
    fault: "keeps what came of a stream that failed",
    noticedBy: "keeps the old file when the stream of a new one fails, and no file where there was none",
    storage: (sound) =>
      but(sound, {
        async put(path, content, meta) {
          if (content instanceof Uint8Array) return sound.put(path, content, meta);
          const chunks: Uint8Array[] = [];
          try {
            for await (const chunk of content) chunks.push(chunk);
          } finally {
            await sound.put(path, Buffer.concat(chunks), meta);
          }
          return sound.put(path, Buffer.concat(chunks), meta);
        },
      }),
  },
  {
    fault: "cleans paths up instead of refusing them",
    noticedBy: "refuses what is no storage path",
    storage: (sound) => {
      const clean = (path: string) =>
        path
          .split("/")
          .filter((segment) => /^[\w.-]+$/.test(segment) && !/^\.+$/.test(segment))
          .join("/") || "root";
      return but(sound, {
        put: (path, content, meta) => sound.put(clean(path), content, meta),
        get: (path, range) => sound.get(clean(path), range),
        delete: (path) => sound.delete(clean(path)),
      });
    },
  },
  {
    fault: "tells nobody that the disk is full",
    noticedBy: "says that the disk is full, keeps the old file, and goes on when there is room",
    storage: (sound) =>
      but(sound, {
        put: (path, content, meta) =>
          sound.put(path, content, meta).catch(() => ({ path, size: 0, sha256: "", mimeType: meta.mimeType })),
      }),
  },
  {
    fault: "writes into the file that is there until the disk is full",
    noticedBy: "says that the disk is full, keeps the old file, and goes on when there is room",
    storage: (sound) =>
      but(sound, {
        async put(path, content, meta) {
          await sound.delete(path);
          return sound.put(path, content, meta);
        },
      }),
  },
];
