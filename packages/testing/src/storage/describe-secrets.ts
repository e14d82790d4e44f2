import { expect } from "vitest";
import { createGate } from "../time/gate.ts";
import type { StorageHarness } from "./storage-harness.ts";
import { type StorageSuite, type StorageWorld, describeOn } from "./storage-world.ts";

/** What every Secrets promises. */
export function describeSecrets(harness: StorageHarness): void {
  describeOn(harness, "Secrets", (suite) => {
    keeping(suite);
    comparing(suite);
    joining(suite);
  });
}

const bytes = (text: string) => new TextEncoder().encode(text);

function open(world: StorageWorld, name = "telegram/1") {
  return world.secrets.namespace(name);
}

function keeping({ test }: StorageSuite): void {
  test("keeps any bytes unchanged", async (world) => {
    const secrets = open(world);
    const all = Uint8Array.from({ length: 256 }, (_, index) => index);
    const large = Uint8Array.from({ length: 70_000 }, (_, index) => (index * 31) % 251);
    for (const [key, value] of [
      ["all", all],
      ["empty", new Uint8Array()],
      ["large", large],
      ["ключ/with:signs %_", bytes("x")],
    ] as const) {
      await secrets.set(key, value);
      expect([...((await secrets.get(key))?.value ?? [])]).toEqual([...value]);
    }
    expect(await secrets.get("missing")).toBeUndefined();
  });

  test("gets and sets many at once; null deletes", async (world) => {
    const secrets = open(world);
    await secrets.setMany(
      new Map([
        ["a", bytes("1")],
        ["b", bytes("2")],
        ["c", bytes("3")],
      ]),
    );
    await secrets.setMany(
      new Map<string, Uint8Array | null>([
        ["a", bytes("4")],
        ["b", null],
        ["missing", null],
      ]),
    );
    await secrets.setMany(new Map());
    const found = await secrets.getMany(["a", "b", "c", "missing"]);
    expect([...found].map(([key, { value }]) => [key, new TextDecoder().decode(value)]).toSorted()).toEqual([
      ["a", "4"],
      ["c", "3"],
    ]);
    expect((await secrets.getMany([])).size).toBe(0);
  });

  test("sets hundreds at once", async (world) => {
    const secrets = open(world);
    await secrets.setMany(new Map(Array.from({ length: 800 }, (_, index) => [`pre-key-${index}`, bytes(`${index}`)])));
    const keys = await secrets.keys("pre-key-");
    expect(keys).toHaveLength(800);
    expect((await secrets.getMany(keys)).size).toBe(800);
  });

  test("lists keys by a prefix that is no pattern", async (world) => {
    const secrets = open(world);
    await secrets.setMany(new Map(["a_1", "ab1", "a%2", "A_3", "b", "a\\4"].map((key) => [key, bytes(key)])));
    expect((await secrets.keys("a_")).toSorted()).toEqual(["a_1"]);
    expect((await secrets.keys("a%")).toSorted()).toEqual(["a%2"]);
    expect((await secrets.keys("a\\")).toSorted()).toEqual(["a\\4"]);
    expect(await secrets.keys()).toHaveLength(6);
    expect(await secrets.keys("none")).toEqual([]);
  });

  test("clears one namespace and leaves its neighbours, whatever their names", async (world) => {
    const [one, longer, pattern] = [open(world, "telegram/1"), open(world, "telegram/10"), open(world, "telegram/%")];
    for (const secrets of [one, longer, pattern]) await secrets.set("session", bytes("s"));
    await pattern.clear();
    expect(await one.keys()).toEqual(["session"]);
    await one.clear();
    expect(await one.get("session")).toBeUndefined();
    expect(await longer.keys()).toEqual(["session"]);
  });

  test("keeps tenants apart", async (world) => {
    await open(world).set("session", bytes("mine"));
    await world.inTenant(world.unique("tenant"), async () => {
      expect(await open(world).get("session")).toBeUndefined();
      expect(await open(world).keys()).toEqual([]);
      await open(world).clear();
    });
    expect(await open(world).keys()).toEqual(["session"]);
  });

  test("keeps copies of the bytes it is given and hands out", async (world) => {
    const secrets = open(world);
    const value = bytes("secret");
    await secrets.set("key", value);
    value.fill(0);
    (await secrets.get("key"))?.value.fill(0);
    expect(new TextDecoder().decode((await secrets.get("key"))?.value)).toBe("secret");
  });

  test("keeps no secret readable at rest", async (world) => {
    const secret = `open sesame ${world.ids.next()}`;
    await open(world).set("password", bytes(secret));
    const dump = (await world.database.dump?.()) ?? "";
    expect(dump).not.toContain(secret);
    expect(dump).not.toContain(Buffer.from(secret).toString("base64"));
    expect(dump).not.toContain(Buffer.from(secret).toString("hex"));
  });
}

function comparing({ test }: StorageSuite): void {
  test("replaces only the expected version; 0 expects nothing there", async (world) => {
    const secrets = open(world);
    expect(await secrets.compareAndSet("token", 1, bytes("x"))).toBe(false);
    expect(await secrets.get("token")).toBeUndefined();
    expect(await secrets.compareAndSet("token", 0, bytes("first"))).toBe(true);
    expect(await secrets.compareAndSet("token", 0, bytes("second"))).toBe(false);
    const { version } = (await secrets.get("token")) ?? { version: -1 };
    expect(await secrets.compareAndSet("token", version, bytes("third"))).toBe(true);
    expect(await secrets.compareAndSet("token", version, bytes("fourth"))).toBe(false);
    expect(new TextDecoder().decode((await secrets.get("token"))?.value)).toBe("third");
  });

  test("notices a plain set in between", async (world) => {
    const secrets = open(world);
    await secrets.set("token", bytes("one"));
    const read = await secrets.get("token");
    await secrets.set("token", bytes("two"));
    expect(await secrets.compareAndSet("token", read?.version ?? -1, bytes("three"))).toBe(false);
  });

  test("lets one of many concurrent replacers win", async (world) => {
    const secrets = open(world);
    const won = await Promise.all(
      Array.from({ length: 8 }, (_, index) => secrets.compareAndSet("token", 0, bytes(`${index}`))),
    );
    expect(won.filter(Boolean)).toHaveLength(1);
    const winner = won.indexOf(true);
    expect(new TextDecoder().decode((await secrets.get("token"))?.value)).toBe(`${winner}`);
  });
}

function joining({ test }: StorageSuite): void {
  test("takes part in the unit of work", async (world) => {
    const secrets = open(world);
    await secrets.set("kept", bytes("1"));
    const undone = world.units.run(async () => {
      await secrets.setMany(
        new Map([
          ["kept", bytes("2")],
          ["new", bytes("3")],
        ]),
      );
      expect(new TextDecoder().decode((await secrets.get("kept"))?.value)).toBe("2");
      expect((await secrets.keys()).toSorted()).toEqual(["kept", "new"]);
      await secrets.clear();
      expect(await secrets.keys()).toEqual([]);
      throw new Error("no");
    });
    await expect(undone).rejects.toThrow("no");
    expect(await secrets.keys()).toEqual(["kept"]);
    expect(new TextDecoder().decode((await secrets.get("kept"))?.value)).toBe("1");
  });

  test("shows no other caller what is not committed", async (world) => {
    const secrets = open(world);
    const [written, finish] = [createGate(), createGate()];
    const unit = world.units.run(async () => {
      await secrets.set("token", bytes("never"));
      written.open();
      await finish.opened;
      throw new Error("no");
    });
    await written.opened;
    const read = secrets.get("token");
    finish.open();
    await expect(unit).rejects.toThrow("no");
    expect(await read).toBeUndefined();
  });
}
