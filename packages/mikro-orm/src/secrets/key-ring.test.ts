import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { KeyRing, keyIdOf } from "./key-ring.ts";

const place = { tenantId: "default", namespace: "telegram/1", key: "session" };
const bytes = (text: string) => new TextEncoder().encode(text);
const [first, second] = [randomBytes(32), randomBytes(32)];

test("opens what it sealed, however long, and never seals twice alike", () => {
  const ring = new KeyRing([first]);
  for (const value of [new Uint8Array(), bytes("secret"), randomBytes(70_000)]) {
    const [once, again] = [ring.seal(value, place), ring.seal(value, place)];
    expect(once.equals(again)).toBe(false);
    expect(Buffer.from(ring.open(once, place)).equals(Buffer.from(value))).toBe(true);
  }
});

test("seals with its first key and opens with any", () => {
  const old = new KeyRing([first]).seal(bytes("secret"), place);
  const ring = new KeyRing([second, first]);
  expect(Buffer.from(ring.open(old, place)).toString()).toBe("secret");
  expect(keyIdOf(ring.seal(bytes("secret"), place))).toBe(ring.currentKeyId);
  expect(keyIdOf(old)).not.toBe(ring.currentKeyId);
});

test("says which key is missing, without the secret or the key", () => {
  const sealed = new KeyRing([first]).seal(bytes("open sesame"), place);
  const refuse = () => new KeyRing([second]).open(sealed, place);
  expect(refuse).toThrow(
    expect.objectContaining({ code: "CRM_SECRETS_KEY", details: { ...place, keyId: keyIdOf(sealed) } }),
  );
  expect(refuse).toThrow(expect.not.objectContaining({ message: expect.stringContaining("open sesame") }));
});

test("notices every changed, missing or added byte", () => {
  const ring = new KeyRing([first]);
  const sealed = ring.seal(bytes("secret"), place);
  const corrupt = expect.objectContaining({ code: "CRM_SECRETS_CORRUPT" });
  for (let index = 0; index < sealed.length; index += 1) {
    const changed = Uint8Array.from(sealed);
    changed[index] = (changed[index] as number) ^ 1;
    const isKeyId = index >= 1 && index <= 4;
    expect(() => ring.open(changed, place)).toThrow(
      isKeyId ? expect.objectContaining({ code: "CRM_SECRETS_KEY" }) : corrupt,
    );
  }
  expect(() => ring.open(sealed.subarray(0, -1), place)).toThrow(corrupt);
  expect(() => ring.open(Buffer.concat([sealed, Uint8Array.of(0)]), place)).toThrow(corrupt);
  expect(() => ring.open(new Uint8Array(), place)).toThrow(corrupt);
});

test("opens a secret nowhere but in its own place", () => {
  const ring = new KeyRing([first]);
  const sealed = ring.seal(bytes("secret"), place);
  for (const other of [
    { tenantId: "other" },
    { namespace: "telegram/2" },
    { key: "token" },
    { namespace: "telegram", key: "1/session" },
  ]) {
    expect(() => ring.open(sealed, { ...place, ...other })).toThrow(
      expect.objectContaining({ code: "CRM_SECRETS_CORRUPT" }),
    );
  }
});

test("takes no key of another length, and needs one", () => {
  for (const keys of [[], [randomBytes(16)], [first, randomBytes(33)]])
    expect(() => new KeyRing(keys)).toThrow(expect.objectContaining({ code: "CRM_SECRETS_KEY" }));
});
