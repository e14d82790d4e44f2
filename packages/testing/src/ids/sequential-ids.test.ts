import { expect, test } from "vitest";
import { sequentialIds } from "./sequential-ids.ts";

test("counts up from one, in every instance anew", () => {
  const ids = sequentialIds();
  expect([ids.next(), ids.next()]).toEqual([
    "00000000-0000-7000-8000-000000000001",
    "00000000-0000-7000-8000-000000000002",
  ]);
  expect(sequentialIds().next()).toBe("00000000-0000-7000-8000-000000000001");
});
