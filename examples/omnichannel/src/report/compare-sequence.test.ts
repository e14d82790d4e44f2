import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compareSequence } from "./compare-sequence.ts";

describe("compareSequence", () => {
  it("finds nothing wrong with what was said", () => {
    expect(compareSequence(["a", "b", "a"], ["a", "b", "a"])).toEqual({
      missing: 0,
      duplicates: 0,
      orderViolations: 0,
    });
  });

  it("counts what is missing, doubled, foreign and out of order", () => {
    expect(compareSequence(["a", "b", "c"], ["a", "c"])).toEqual({ missing: 1, duplicates: 0, orderViolations: 0 });
    expect(compareSequence(["a", "b"], ["a", "b", "b"])).toEqual({ missing: 0, duplicates: 1, orderViolations: 0 });
    expect(compareSequence(["a"], ["x", "a"])).toEqual({ missing: 0, duplicates: 1, orderViolations: 0 });
    expect(compareSequence(["a", "b", "c"], ["b", "a", "c"])).toEqual({
      missing: 0,
      duplicates: 0,
      orderViolations: 1,
    });
  });

  it("sees every single mistake in any conversation without repetitions", () => {
    const conversation = fc.uniqueArray(fc.string(), { minLength: 2, maxLength: 20 });
    fc.assert(
      fc.property(conversation, fc.nat(), (said, seed) => {
        const at = seed % said.length;
        expect(compareSequence(said, said.toSpliced(at, 1)).missing).toBe(1);
        expect(compareSequence(said, said.toSpliced(at, 0, said[at] as string)).duplicates).toBe(1);
        const swapped = said
          .with(at, said[(at + 1) % said.length] as string)
          .with((at + 1) % said.length, said[at] as string);
        expect(compareSequence(said, swapped).orderViolations).toBeGreaterThan(0);
      }),
    );
  });
});
