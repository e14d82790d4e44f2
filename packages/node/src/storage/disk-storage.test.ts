import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, truncate, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { systemClock, uuidV7 } from "@crmessenger/kernel/infrastructure";
import { describeStorage } from "@crmessenger/testing";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DiskStorage } from "./disk-storage.ts";

const services = { clock: systemClock, ids: uuidV7() };
const meta = { mimeType: "text/plain" };
const bytes = (text: string) => new TextEncoder().encode(text);
const sha256 = (content: Uint8Array) => createHash("sha256").update(content).digest("hex");
const failing = (code: string) => expect.objectContaining({ code }) as Error;

let directory: string;
let storage: DiskStorage;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "disk-storage-"));
  storage = new DiskStorage(directory, services);
  await storage.start();
});

afterEach(() => rm(directory, { recursive: true, force: true }));

async function read(stream: ReadableStream<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

const unfinished = () => readdir(join(directory, "+incoming"));

describeStorage({
  name: "DiskStorage",
  async create() {
    const folder = await mkdtemp(join(tmpdir(), "describe-storage-"));
    const made = new DiskStorage(folder, services);
    await made.start();
    return { storage: made, stop: () => rm(folder, { recursive: true, force: true }) };
  },
});

describe("DiskStorage", () => {
  it("keeps bytes and what is known about them", async () => {
    const stored = await storage.put("a/b/photo.jpg", bytes("hello"), {
      mimeType: "image/jpeg",
      fileName: "Фото 1.jpg",
    });
    expect(stored).toEqual({
      path: "a/b/photo.jpg",
      mimeType: "image/jpeg",
      fileName: "Фото 1.jpg",
      size: 5,
      sha256: sha256(bytes("hello")),
    });
    expect(await storage.stat("a/b/photo.jpg")).toEqual(stored);
    expect((await read(await storage.get("a/b/photo.jpg"))).toString()).toBe("hello");
  });

  it("survives the process: another instance finds the file", async () => {
    const stored = await storage.put("kept", bytes("x"), meta);
    expect(await new DiskStorage(directory, services).stat("kept")).toEqual(stored);
  });

  it("keeps only the fields of a file's meta", async () => {
    await storage.put("a", bytes("x"), { ...meta, password: "hidden" } as typeof meta);
    expect((await readFile(join(directory, "a+meta"))).includes("hidden")).toBe(false);
  });

  it("takes an empty file", async () => {
    const stored = await storage.put("empty", new Uint8Array(), meta);
    expect(stored.size).toBe(0);
    expect(await read(await storage.get("empty"))).toHaveLength(0);
  });

  it("takes a file with a very long name", async () => {
    const fileName = "й".repeat(3_000);
    await storage.put("long", bytes("content"), { ...meta, fileName });
    expect((await storage.stat("long"))?.fileName).toBe(fileName);
    expect((await read(await storage.get("long"))).toString()).toBe("content");
  });

  it("stores a large stream and gives it back in parts", async () => {
    const chunk = new Uint8Array(100_000).map((_, index) => index % 251);
    const stored = await storage.put("large", ReadableStream.from(Array.from({ length: 12 }, () => chunk)), meta);
    const whole = Buffer.concat(Array.from({ length: 12 }, () => chunk));
    expect(stored).toMatchObject({ size: whole.length, sha256: sha256(whole) });
    expect(sha256(await read(await storage.get("large")))).toBe(stored.sha256);
    expect(await read(await storage.get("large", { start: 99_990, end: 700_010 }))).toEqual(
      whole.subarray(99_990, 700_010),
    );
  });

  it("gives any range that slice would give", async () => {
    const content = bytes("0123456789");
    await storage.put("digits", content, meta);
    const at = fc.integer({ min: 0, max: 15 });
    await fc.assert(
      fc.asyncProperty(at, fc.option(at, { nil: undefined }), async (start, end) => {
        const part = await read(await storage.get("digits", end === undefined ? { start } : { start, end }));
        expect(part).toEqual(Buffer.from(content.slice(start, end)));
      }),
    );
  });

  it("lets a name be a file and a directory at once", async () => {
    await storage.put("a", bytes("file"), meta);
    await storage.put("a/b", bytes("below"), meta);
    await storage.put("a", bytes("replaced"), meta);
    expect((await read(await storage.get("a/b"))).toString()).toBe("below");
    expect((await read(await storage.get("a"))).toString()).toBe("replaced");
  });

  it("replaces content and meta at once", async () => {
    await storage.put("a", bytes("first"), { mimeType: "text/plain", fileName: "one" });
    await storage.put("a", bytes("second"), { mimeType: "text/html" });
    const stored = await storage.stat("a");
    expect(stored).toEqual({ path: "a", mimeType: "text/html", size: 6, sha256: sha256(bytes("second")) });
  });

  it("lets a reader finish the old file while a new one replaces it", async () => {
    const old = new Uint8Array(600_000).fill(1);
    await storage.put("a", old, meta);
    const reader = await storage.get("a");
    await storage.put("a", new Uint8Array(600_000).fill(2), meta);
    expect((await read(reader)).equals(old)).toBe(true);
    expect((await read(await storage.get("a")))[0]).toBe(2);
  });

  it("shows whole files only, whatever writes at the same time", async () => {
    const versions = Array.from({ length: 8 }, (_, index) => new Uint8Array(50_000 + index).fill(index));
    await storage.put("a", versions[0] as Uint8Array, meta);
    await Promise.all([
      ...versions.map((content) => storage.put("a", content, meta)),
      ...Array.from({ length: 20 }, async () => {
        const content = await read(await storage.get("a"));
        expect(versions.some((version) => content.equals(version))).toBe(true);
      }),
    ]);
    expect(await unfinished()).toEqual([]);
  });

  it("makes deep directories for many writers at once", async () => {
    await Promise.all(Array.from({ length: 20 }, (_, index) => storage.put(`x/y/z/${index}`, bytes(`${index}`), meta)));
    expect((await read(await storage.get("x/y/z/19"))).toString()).toBe("19");
  });

  it("deletes, and says whether there was something", async () => {
    await storage.put("a/b", bytes("x"), meta);
    expect(await storage.delete("a/b")).toBe(true);
    expect(await storage.delete("a/b")).toBe(false);
    expect(await storage.stat("a/b")).toBeUndefined();
    await expect(storage.get("a/b")).rejects.toThrow(failing("CRM_STORAGE_NOT_FOUND"));
  });

  it("knows nothing of files that were never stored", async () => {
    expect(await storage.stat("no/such")).toBeUndefined();
    expect(await storage.delete("no/such")).toBe(false);
    await expect(storage.get("no/such")).rejects.toThrow(
      expect.objectContaining({ code: "CRM_STORAGE_NOT_FOUND", status: 404 }),
    );
  });

  it.each([
    "",
    "/a",
    "a/",
    "a//b",
    ".",
    "..",
    "../a",
    "a/../b",
    "a/./b",
    "a\\b",
    "a b",
    "файл",
    "a\0",
    "a+meta",
    "+incoming/x",
    "C:/x",
    "~",
    "a".repeat(201),
    "a/".repeat(500),
  ])("refuses the path %j in every call", async (path) => {
    const refused = failing("CRM_STORAGE_PATH");
    await expect(storage.put(path, bytes("x"), meta)).rejects.toThrow(refused);
    await expect(storage.get(path)).rejects.toThrow(refused);
    await expect(storage.stat(path)).rejects.toThrow(refused);
    await expect(storage.delete(path)).rejects.toThrow(refused);
  });

  it("never leaves its directory, whatever the path", async () => {
    const around = join(directory, "around");
    const inside = new DiskStorage(join(around, "inside"), services);
    await inside.start();
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: fc.constantFrom("a", ".", "/", "\\", "\0", "-", "_", "+"), maxLength: 12 }),
        async (path) => {
          await inside
            .put(path, bytes("x"), meta)
            .catch((error: unknown) => expect(error).toMatchObject({ code: "CRM_STORAGE_PATH" }));
        },
      ),
      { numRuns: 60 },
    );
    expect(await readdir(around)).toEqual(["inside"]);
  });

  it("passes on the failure of the content and leaves nothing behind", async () => {
    await storage.put("a", bytes("old"), meta);
    const content = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(bytes("some")),
      pull: () => Promise.reject(new Error("the sender hung up")),
    });
    await expect(storage.put("a", content, meta)).rejects.toThrow("the sender hung up");
    expect((await read(await storage.get("a"))).toString()).toBe("old");
    expect(await unfinished()).toEqual([]);
  });

  it("says that there is no room, and ends the content", async () => {
    const script = `
      const { DiskStorage } = await import(process.argv[1]);
      const { systemClock, uuidV7 } = await import("@crmessenger/kernel/infrastructure");
      const storage = new DiskStorage(process.argv[2], { clock: systemClock, ids: uuidV7() });
      let cancelled = false;
      const content = new ReadableStream({ pull: (c) => c.enqueue(new Uint8Array(65536)), cancel: () => { cancelled = true; } });
      const error = await storage.put("big", content, { mimeType: "text/plain" }).catch((error) => error);
      console.log(JSON.stringify({ code: error.code, retryable: error.retryable, status: error.status, cancelled }));`;
    const args = ["--conditions=@crmessenger/source", "--input-type=module", "-e", script];
    const quoted = [process.execPath, ...args, import.meta.resolve("./disk-storage.ts"), directory].map(
      (arg) => `'${arg.replaceAll("'", `'\\''`)}'`,
    );
    const { stdout } = await promisify(execFile)("bash", ["-c", `ulimit -f 256; exec ${quoted.join(" ")}`], {
      cwd: import.meta.dirname,
    });
    expect(JSON.parse(stdout)).toEqual({ code: "CRM_STORAGE_FULL", retryable: true, status: 507, cancelled: true });
    expect(await unfinished()).toEqual([]);
    expect(await storage.stat("big")).toBeUndefined();
  });

  it("says that the disk is at fault, and that a retry may help", async () => {
    await rm(join(directory, "+incoming"), { recursive: true });
    await expect(storage.put("a", bytes("x"), meta)).rejects.toThrow(
      expect.objectContaining({ code: "CRM_STORAGE_UNAVAILABLE", retryable: true, status: 503 }),
    );
    await expect(storage.check()).rejects.toThrow("ENOENT");
  });

  it.each([
    ["a file of somebody else", "just text, long enough to hold a trailer"],
    ["an empty one", ""],
    ["a trailer without a beginning", "\0\0\0\x40CRMFILE1"],
    ["a trailer that isn't JSON", "not json\0\0\0\x08CRMFILE1"],
    ["a trailer with another size", '{"size":7}\0\0\0\x0aCRMFILE1'],
  ])("doesn't take %s for its own", async (_, content) => {
    await writeFile(join(directory, "odd+meta"), content, "latin1");
    await expect(storage.get("odd")).rejects.toThrow(failing("CRM_STORAGE_CORRUPT"));
    await expect(storage.stat("odd")).rejects.toThrow(failing("CRM_STORAGE_CORRUPT"));
  });

  it("fails a read whose file is cut off meanwhile", async () => {
    await storage.put("a", new Uint8Array(600_000), meta);
    const stream = await storage.get("a");
    await truncate(join(directory, "a+meta"), 300_000);
    await expect(read(stream)).rejects.toThrow(failing("CRM_STORAGE_CORRUPT"));
  });

  it("lets a reader stop early", async () => {
    await storage.put("a", new Uint8Array(600_000), meta);
    const reader = (await storage.get("a")).getReader();
    await reader.read();
    await expect(reader.cancel()).resolves.toBeUndefined();
  });

  it("removes what was left unfinished a day ago, and nothing younger", async () => {
    const old = join(directory, "+incoming", "old");
    await writeFile(old, "x");
    await writeFile(join(directory, "+incoming", "young"), "x");
    const yesterday = (Date.now() - 25 * 3_600_000) / 1_000;
    await utimes(old, yesterday, yesterday);
    await storage.start();
    expect(await unfinished()).toEqual(["young"]);
  });

  it("says which directory can't be used and what to do", async () => {
    const file = join(directory, "a-file");
    await writeFile(file, "x");
    const misplaced = new DiskStorage(join(file, "below"), services);
    await expect(misplaced.start()).rejects.toThrow(
      expect.objectContaining({
        code: "CRM_STORAGE_DIRECTORY",
        message: expect.stringContaining("filesDirectory") as string,
      }),
    );
  });
});
