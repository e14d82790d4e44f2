import { initAuthCreds, proto } from "@whiskeysockets/baileys";
import type { Secret } from "@crmessenger/kernel/infrastructure";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { TestSecrets } from "../test-account.test.fixture.ts";
import { AuthStore, forgetDevice, storeLinkedDevice } from "./auth-store.ts";
import { RecentMap } from "./recent-map.ts";

const onFailure = vi.fn<(error: unknown) => void>();
let secrets: TestSecrets;
let store: AuthStore;

async function open(): Promise<AuthStore> {
  const opened = await AuthStore.open(secrets, onFailure);
  if (!opened) throw new Error("nothing stored");
  return opened;
}

beforeEach(async () => {
  onFailure.mockClear();
  secrets = new TestSecrets();
  await storeLinkedDevice(secrets, initAuthCreds(), new Map());
  store = await open();
});

describe("the state of a device", () => {
  it("is not there before one was linked", async () => {
    expect(await AuthStore.open(new TestSecrets(), onFailure)).toBeUndefined();
  });

  it("comes back as it was written, in a new process too", async () => {
    const pair = { public: Buffer.from([1]), private: Buffer.from([2]) };
    const keyData = proto.Message.AppStateSyncKeyData.fromObject({ keyData: Buffer.from([3]), timestamp: 4 });
    await store.set({
      "pre-key": { 1: pair, 2: pair },
      "app-state-sync-key": { a: keyData },
      "lid-mapping": { b: "c" },
    });
    await store.set({ "pre-key": { 2: null } });
    for (const reader of [store, await open()]) {
      expect(await reader.get("pre-key", ["1", "2"])).toEqual({ 1: pair });
      expect((await reader.get("app-state-sync-key", ["a"]))["a"]).toBeInstanceOf(proto.Message.AppStateSyncKeyData);
      expect(await reader.get("lid-mapping", ["b", "unknown"])).toEqual({ b: "c" });
    }
    store.creds.nextPreKeyId = 813;
    await store.saveCreds();
    expect((await open()).creds).toEqual(store.creds);
  });

  it("is read once and known from then on, what is missing too", async () => {
    const read = vi.spyOn(secrets, "getMany");
    await store.get("session", ["a", "b"]);
    await store.set({ session: { a: Buffer.from([1]) } });
    expect(Object.keys(await store.get("session", ["a", "b"]))).toEqual(["a"]);
    expect(read).toHaveBeenCalledTimes(1);
  });

  it("believes what was written while it was read", async () => {
    const { promise, resolve } = Promise.withResolvers<ReadonlyMap<string, Secret>>();
    vi.spyOn(secrets, "getMany").mockReturnValueOnce(promise);
    const reading = store.get("lid-mapping", ["a"]);
    await store.set({ "lid-mapping": { a: "new" } });
    resolve(new Map());
    expect(await reading).toEqual({ a: "new" });
  });

  it("is written in one transaction where it is asked for at once", async () => {
    const before = secrets.writes;
    await Promise.all([
      store.set({ session: { a: Buffer.from([1]) } }),
      store.set({ session: { b: Buffer.from([2]) } }),
      store.saveCreds(),
    ]);
    expect(secrets.writes).toBe(before + 1);
  });

  it("is forgotten, but for messages that still have to be accepted", async () => {
    await store.write(
      new Map([
        ["inbox/1", Buffer.from("{}")],
        ["session/a", Buffer.from("{}")],
      ]),
    );
    await forgetDevice(secrets);
    expect([...secrets.rows.keys()]).toEqual(["inbox/1"]);
  });
});

describe("a write that fails", () => {
  it("is the last one: nothing is built on what was lost", async () => {
    secrets.beforeWrite = () => Promise.reject(new Error("The disk is full."));
    const first = store.set({ session: { a: Buffer.from([1]) } });
    await expect(first).rejects.toThrow("The disk is full.");
    secrets.beforeWrite = undefined;
    await expect(store.set({ session: { b: Buffer.from([1]) } })).rejects.toThrow("The disk is full.");
    expect(onFailure).toHaveBeenCalledTimes(1);
  });

  it("fails those that wait behind it", async () => {
    let second: Promise<void> | undefined;
    secrets.beforeWrite = () => {
      second ??= store.set({ session: { b: Buffer.from([1]) } });
      second.catch(() => undefined);
      return Promise.reject(new Error("The disk is full."));
    };
    await expect(store.saveCreds()).rejects.toThrow("The disk is full.");
    await expect(second).rejects.toThrow("The disk is full.");
  });
});

describe("deletions that can wait", () => {
  it("go with the next write", async () => {
    await store.write(new Map([["sent/1", Buffer.from("x")]]));
    store.deleteEventually("sent/1");
    expect(secrets.rows.has("sent/1")).toBe(true);
    await store.saveCreds();
    expect(secrets.rows.has("sent/1")).toBe(false);
  });

  it("go with the close at the latest", async () => {
    await store.write(new Map([["sent/1", Buffer.from("x")]]));
    store.deleteEventually("sent/1");
    await store.close();
    expect(secrets.rows.has("sent/1")).toBe(false);
    await expect(store.saveCreds()).rejects.toThrow("has ended");
  });
});

describe("the end", () => {
  it("waits for what was asked for", async () => {
    store.creds.nextPreKeyId = 5;
    const saving = store.saveCreds();
    await store.close();
    await saving;
    expect((await open()).creds.nextPreKeyId).toBe(5);
  });

  it("drops what was asked for when somebody else owns the account", async () => {
    store.creds.nextPreKeyId = 5;
    const saving = store.saveCreds();
    saving.catch(() => undefined);
    await store.abandon();
    await expect(saving).rejects.toThrow("let go of the account");
    expect((await open()).creds.nextPreKeyId).toBe(1);
  });
});

describe("a recent map", () => {
  it("forgets what was not used for the longest time", () => {
    const map = new RecentMap<string, number>(2);
    map.set("a", 1);
    map.set("b", 2);
    expect(map.get("a")).toBe(1);
    map.set("c", 3);
    expect([map.has("a"), map.has("b"), map.get("b"), map.get("c")]).toEqual([true, false, undefined, 3]);
    map.clear();
    expect(map.has("a")).toBe(false);
  });
});
