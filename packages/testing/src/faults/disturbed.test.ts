import { expect, test } from "vitest";
import { disturbed } from "./disturbed.ts";

const items = Array.from({ length: 12 }, (_, n) => ({ n, of: n % 3 }));

test("loses nothing, brings some twice, and changes the order in the same way for one seed", () => {
  const once = disturbed(items, { seed: 7, duplicates: 4 });
  expect(once).toHaveLength(16);
  expect(new Set(once)).toEqual(new Set(items));
  expect(once.slice(0, 12)).not.toEqual(items);
  expect(disturbed(items, { seed: 7, duplicates: 4 })).toEqual(once);
  expect(disturbed(items, { seed: 8, duplicates: 4 })).not.toEqual(once);
});

test("keeps the order of a key where it must", () => {
  for (const seed of [1, 2, 3]) {
    const mixed = disturbed(items, { seed, duplicates: 0, keepOrderOf: ({ of }) => `${of}` });
    expect(mixed).not.toEqual(items);
    for (const lane of [0, 1, 2])
      expect(mixed.filter(({ of }) => of === lane)).toEqual(items.filter(({ of }) => of === lane));
  }
});

test("brings a duplicate after its first", () => {
  expect(disturbed(["only"], { duplicates: 2 })).toEqual(["only", "only", "only"]);
  expect(disturbed([], { duplicates: 2 })).toEqual([]);
});
