import { createHash } from "node:crypto";
import type { Storage } from "@crmessenger/kernel/infrastructure";
import { expect } from "vitest";
import { afterAll, beforeAll, describe, test } from "../suite/suite-api.ts";

/** How a file storage is handed to its suite. */
export interface FileStorageHarness {
  /** As test reports show it. */
  readonly name: string;
  /** An empty storage. Called once. */
  create(): Promise<FileStorageUnderTest>;
}

export interface FileStorageUnderTest {
  readonly storage: Storage;
  /** An empty storage on a disk that holds 100 000 bytes at most, where such a disk can be had. */
  full?(): Storage | Promise<Storage>;
  stop?(): Promise<void>;
}

/** What every Storage promises. */
export function describeStorage(harness: FileStorageHarness): void {
  describe(`${harness.name}: Storage`, () => {
    let made: FileStorageUnderTest | undefined;
    beforeAll(async () => {
      made = await harness.create();
    });
    afterAll(() => made?.stop?.());
    const storage = () => {
      if (made) return made.storage;
      throw new Error(`The storage "${harness.name}" did not start.`);
    };
    keeping(storage);
    ranges(storage);
    replacing(storage);
    refusing(storage);
    fullDisk(async () => made?.full?.());
  });
}

type Get = () => Storage;

const TEXT = { mimeType: "text/plain" };

const bytes = (text: string) => new TextEncoder().encode(text);

async function contentOf(stream: ReadableStream<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function textOf(storage: Storage, path: string): Promise<string> {
  return (await contentOf(await storage.get(path))).toString();
}

/** A stream of these chunks, which fails at its end when there is an error. */
function streamOf(chunks: readonly Uint8Array[], error?: Error): ReadableStream<Uint8Array> {
  const rest = [...chunks];
  return new ReadableStream({
    pull(controller) {
      const next = rest.shift();
      if (next) controller.enqueue(next);
      else if (error) controller.error(error);
      else controller.close();
    },
  });
}

function keeping(storage: Get): void {
  test("keeps bytes and what is known about them", async () => {
    const content = Uint8Array.from({ length: 256 }, (_, index) => index);
    const sha256 = createHash("sha256").update(content).digest("hex");
    const file = await storage().put("in/a-1/b_2.bin", content, {
      mimeType: "application/octet-stream",
      fileName: "Отчёт «1».bin",
    });
    expect(file).toEqual({
      path: "in/a-1/b_2.bin",
      size: 256,
      sha256,
      mimeType: "application/octet-stream",
      fileName: "Отчёт «1».bin",
    });
    expect(await storage().stat("in/a-1/b_2.bin")).toEqual(file);
    expect([...(await contentOf(await storage().get("in/a-1/b_2.bin")))]).toEqual([...content]);
  });

  test("takes a stream of any size, and an empty one", async () => {
    const chunks = Array.from({ length: 40 }, (_, index) => new Uint8Array(65_536).fill(index));
    const file = await storage().put("stream/large", streamOf(chunks), TEXT);
    expect(file).toEqual({
      path: "stream/large",
      size: 40 * 65_536,
      sha256: createHash("sha256").update(Buffer.concat(chunks)).digest("hex"),
      ...TEXT,
    });
    expect((await contentOf(await storage().get("stream/large"))).equals(Buffer.concat(chunks))).toBe(true);
    expect(await storage().put("stream/empty", streamOf([]), TEXT)).toMatchObject({ size: 0 });
    expect(await textOf(storage(), "stream/empty")).toBe("");
  });

  test("keeps a copy: what the giver does to the bytes later changes nothing", async () => {
    const content = bytes("as it was");
    await storage().put("copy", content, TEXT);
    content.fill(0);
    expect(await textOf(storage(), "copy")).toBe("as it was");
  });

  test("keeps files apart whose paths begin alike", async () => {
    await storage().put("alike/one", bytes("1"), TEXT);
    await storage().put("alike/one.txt", bytes("2"), TEXT);
    await storage().put("alike/one-more/one", bytes("3"), TEXT);
    expect(
      await Promise.all(["alike/one", "alike/one.txt", "alike/one-more/one"].map((path) => textOf(storage(), path))),
    ).toEqual(["1", "2", "3"]);
  });

  test("deletes, and says whether there was something", async () => {
    await storage().put("gone/file", bytes("x"), TEXT);
    expect(await storage().delete("gone/file")).toBe(true);
    expect(await storage().delete("gone/file")).toBe(false);
    expect(await storage().stat("gone/file")).toBeUndefined();
    await expect(storage().get("gone/file")).rejects.toMatchObject({ code: "CRM_STORAGE_NOT_FOUND" });
    await storage().put("gone/file", bytes("back"), TEXT);
    expect(await textOf(storage(), "gone/file")).toBe("back");
  });
}

function ranges(storage: Get): void {
  test("reads from a byte on, up to but without another", async () => {
    await storage().put("range", bytes("0123456789"), TEXT);
    const read = async (range: { readonly start: number; readonly end?: number }) =>
      (await contentOf(await storage().get("range", range))).toString();
    expect(await read({ start: 0 })).toBe("0123456789");
    expect(await read({ start: 7 })).toBe("789");
    expect(await read({ start: 2, end: 5 })).toBe("234");
    expect(await read({ start: 2, end: 3 })).toBe("2");
    expect(await read({ start: 8, end: 100 })).toBe("89");
    expect(await read({ start: 3, end: 3 })).toBe("");
    expect(await read({ start: 10 })).toBe("");
  });

  test("lets a reader stop early", async () => {
    await storage().put("early", new Uint8Array(1_000_000), TEXT);
    const reader = (await storage().get("early")).getReader();
    await reader.read();
    await reader.cancel();
    expect(await storage().delete("early")).toBe(true);
  });
}

function replacing(storage: Get): void {
  test("replaces what was there, with its type and name", async () => {
    await storage().put("replaced", bytes("a long first version"), { mimeType: "text/plain", fileName: "first.txt" });
    await storage().put("replaced", bytes("second"), { mimeType: "text/html" });
    expect(await storage().stat("replaced")).toEqual({
      path: "replaced",
      size: 6,
      sha256: createHash("sha256").update("second").digest("hex"),
      mimeType: "text/html",
    });
    expect(await textOf(storage(), "replaced")).toBe("second");
  });

  test("shows a reader one version or the other, never a mixture", async () => {
    const versions = Array.from({ length: 6 }, (_, index) => new Uint8Array(200_000 + index).fill(index));
    await storage().put("raced", versions[0] as Uint8Array, TEXT);
    const writes = Promise.all(versions.map((version) => storage().put("raced", version, TEXT)));
    for (let times = 0; times < 8; times += 1) {
      const content = await contentOf(await storage().get("raced"));
      expect(content.equals(versions[content.length - 200_000] as Uint8Array)).toBe(true);
    }
    await writes;
    const [file, content] = [await storage().stat("raced"), await contentOf(await storage().get("raced"))];
    expect(file).toMatchObject({ size: content.length, sha256: createHash("sha256").update(content).digest("hex") });
  });

  test("keeps the old file when the stream of a new one fails, and no file where there was none", async () => {
    await storage().put("failing/old", bytes("old"), TEXT);
    const broken = () => streamOf([bytes("new, but not all of it")], new Error("the sender hung up"));
    await expect(storage().put("failing/old", broken(), TEXT)).rejects.toThrow(/./);
    await expect(storage().put("failing/new", broken(), TEXT)).rejects.toThrow(/./);
    expect(await textOf(storage(), "failing/old")).toBe("old");
    expect(await storage().stat("failing/new")).toBeUndefined();
  });
}

function refusing(storage: Get): void {
  test("says that there is no file", async () => {
    await expect(storage().get("nowhere/at/all")).rejects.toMatchObject({ code: "CRM_STORAGE_NOT_FOUND", status: 404 });
    expect(await storage().stat("nowhere/at/all")).toBeUndefined();
    expect(await storage().delete("nowhere/at/all")).toBe(false);
  });

  test("refuses what is no storage path", async () => {
    for (const path of [
      "",
      "/",
      "/etc/passwd",
      "../outside",
      "a/../../b",
      "a/./b",
      ".",
      "..",
      "a//b",
      "a/",
      "a b",
      "a\\b",
      "a\0b",
      "ключ",
      "a:b",
    ]) {
      const refused = expect.objectContaining({ code: "CRM_STORAGE_PATH" });
      await expect(storage().put(path, bytes("x"), TEXT)).rejects.toEqual(refused);
      await expect(storage().get(path)).rejects.toEqual(refused);
      await expect(storage().delete(path)).rejects.toEqual(refused);
    }
  });
}

function fullDisk(full: () => Promise<Storage | undefined>): void {
  test("says that the disk is full, keeps the old file, and goes on when there is room", async () => {
    const storage = await full();
    if (!storage) return;
    await storage.put("full/kept", bytes("kept"), TEXT);
    let told = false;
    const endless = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new Uint8Array(30_000)),
      cancel: () => void (told = true),
    });
    for (const path of ["full/kept", "full/new"]) {
      await expect(storage.put(path, new Uint8Array(500_000), TEXT)).rejects.toMatchObject({
        code: "CRM_STORAGE_FULL",
        retryable: true,
      });
    }
    await expect(storage.put("full/endless", endless, TEXT)).rejects.toMatchObject({ code: "CRM_STORAGE_FULL" });
    expect(told).toBe(true);
    expect(await textOf(storage, "full/kept")).toBe("kept");
    expect([await storage.stat("full/new"), await storage.stat("full/endless")]).toEqual([undefined, undefined]);
    await storage.put("full/small", bytes("there is room for this"), TEXT);
    expect(await textOf(storage, "full/small")).toBe("there is room for this");
  });
}
