import { randomBytes } from "node:crypto";
import { IGE } from "telegram/crypto/IGE.js";
import { expect, test } from "vitest";
import { decryptIge, encryptIge } from "./ige.ts";

test("agrees with another implementation, both ways", () => {
  for (const blocks of [1, 2, 3, 17, 256]) {
    const key = randomBytes(32);
    const iv = randomBytes(32);
    const plain = randomBytes(blocks * 16);
    const encrypted = encryptIge(plain, key, iv);
    // GramJS pads; whole blocks must come out the same.
    expect(encrypted).toEqual(Buffer.from(new IGE(key, iv).encryptIge(plain)));
    expect(decryptIge(encrypted, key, iv)).toEqual(plain);
    expect(Buffer.from(new IGE(key, iv).decryptIge(encrypted))).toEqual(plain);
  }
});

test("works on slices at odd offsets", () => {
  const frame = randomBytes(100);
  const key = frame.subarray(1, 33);
  const iv = frame.subarray(33, 65);
  const plain = frame.subarray(67, 99);
  expect(decryptIge(encryptIge(plain, key, iv), key, iv)).toEqual(Buffer.from(plain));
});

test("refuses partial blocks", () => {
  expect(() => encryptIge(Buffer.alloc(15), Buffer.alloc(32), Buffer.alloc(32))).toThrow("whole blocks");
  expect(() => decryptIge(Buffer.alloc(17), Buffer.alloc(32), Buffer.alloc(32))).toThrow("whole blocks");
});
