import { describe, expect, expectTypeOf, test } from "vitest";
import { z } from "zod";
import { type Criteria, and, not, where } from "../infrastructure/criteria.ts";
import { criteriaUp, inField, inItems } from "./nested-step.ts";
import { type CurrentOf, type Steps, type StepsOf, defineShape } from "./shape.ts";

const one = z.object({ times: z.number() });
const two = z.object({ count: z.number() });
const three = z.object({ count: z.number(), loud: z.boolean() });
const toTwo = {
  up: ({ times }: { times: number }) => ({ count: times }),
  down: ({ count }: { count: number }) => ({ times: count }),
  loses: [],
  renames: { times: "count" },
};
const toThree = {
  up: (old: { count: number }) => ({ ...old, loud: false }),
  down: ({ count }: { count: number; loud: boolean }) => ({ count }),
  loses: ["loud"],
};
const ring = defineShape("ring", { 1: one, 2: two, 3: three }, { 1: toTwo, 2: toThree });

describe("a shape", () => {
  test("is its highest version, and any other through `at`", () => {
    expect(ring).toMatchObject({ name: "ring", version: 3, oldest: 1, latest: 3, schema: three });
    expect(ring.at(1)).toMatchObject({ version: 1, latest: 3, schema: one });
    expect(ring.at(3)).toMatchObject({ version: 3, schema: three });
  });

  test("converts over as many steps as it takes, in both directions", () => {
    expect(ring.convert({ times: 2 }, 1, 3)).toEqual({ count: 2, loud: false });
    expect(ring.convert({ count: 2, loud: true }, 3, 1)).toEqual({ times: 2 });
    expect(ring.convert({ count: 2 }, 2, 2)).toEqual({ count: 2 });
  });

  test("says which versions there are when asked for another", () => {
    expect(() => ring.at(4 as 3)).toThrowError(
      expect.objectContaining({
        code: "CRM_SHAPE_VERSION",
        message: expect.stringMatching(/no version 4 of ring.*versions 1 to 3.*Update/),
        details: { name: "ring", version: 4, oldest: 1, latest: 3 },
      }),
    );
    expect(() => ring.convert({ times: 1 }, 1, 4 as 3)).toThrowError(
      expect.objectContaining({ code: "CRM_SHAPE_VERSION" }),
    );
    expect(() => ring.convert({ times: 1 }, 0 as 1, 2)).toThrowError(/no version 0/);
  });

  test("may have lost its first versions", () => {
    const later = defineShape("ring", { 2: two, 3: three }, { 2: toThree });
    expect(later).toMatchObject({ oldest: 2, latest: 3 });
    expect(() => later.at(1 as 2)).toThrowError(/no version 1 of ring here: this application knows versions 2 to 3\.$/);
  });
});

describe("a definition is refused", () => {
  const define = defineShape as unknown as (name: string, versions: object, steps?: object) => unknown;

  test.each([
    ["without a version", {}, undefined, /schema of a version/],
    ["without the step between two versions", { 1: one, 2: two }, undefined, /step from version 1 to 2/],
    ["without the step in the middle", { 1: one, 2: two, 3: three }, { 1: toTwo }, /step from version 2 to 3/],
    ["with a version left out", { 1: one, 3: three }, { 1: toTwo }, /must follow each other.*3 does not/],
    ["with a version before the first", { 0: one, 1: two }, { 0: toTwo }, /beginning with 1.*0 does not/],
    ["with a step that leads nowhere", { 1: one }, { 1: toTwo }, /step from version 1, which leads nowhere/],
  ])("%s", (_, versions, steps, message) => {
    expect(() => define("ring", versions, steps)).toThrowError(message);
    expect(() => define("ring", versions, steps)).toThrow(TypeError);
  });

  test("by the compiler already", () => {
    type Versions = { 1: typeof one; 2: typeof two; 3: typeof three };
    expectTypeOf<CurrentOf<Versions>>().toEqualTypeOf<3>();
    expectTypeOf<keyof Steps<Versions>>().toEqualTypeOf<1 | 2>();
    expectTypeOf<[]>().not.toExtend<StepsOf<Versions>>();
    expectTypeOf<[{ 1: typeof toTwo }]>().not.toExtend<StepsOf<Versions>>();
    expectTypeOf<[{ 1: typeof toThree; 2: typeof toThree }]>().not.toExtend<StepsOf<Versions>>();
    expectTypeOf<[{ 1: typeof toTwo; 2: typeof toThree }]>().toExtend<StepsOf<Versions>>();
    expectTypeOf<StepsOf<{ 1: typeof one }>>().toEqualTypeOf<[]>();
    expectTypeOf<Parameters<typeof ring.at>[0]>().toEqualTypeOf<1 | 2 | 3>();
    expectTypeOf(ring.at(1).schema).toEqualTypeOf<z.ZodType<{ times: number }>>();
  });
});

describe("a step further down", () => {
  test("converts what a field holds, and leaves the rest", () => {
    const step = inField("ring", toTwo);
    expect(step.up({ ring: { times: 1 }, by: "x" })).toEqual({ ring: { count: 1 }, by: "x" });
    expect(step.down({ ring: { count: 1 }, by: "x" })).toEqual({ ring: { times: 1 }, by: "x" });
    expect(inField("ring", toThree).loses).toEqual(["ring.loud"]);
  });

  test("converts each of a list", () => {
    const step = inItems("items", toThree);
    expect(step.up({ items: [{ count: 1 }, { count: 2 }], next: "x" })).toEqual({
      items: [
        { count: 1, loud: false },
        { count: 2, loud: false },
      ],
      next: "x",
    });
    expect(step.down({ items: [{ count: 1, loud: true }] })).toEqual({ items: [{ count: 1 }] });
    expect(step.loses).toEqual(["items[].loud"]);
  });

  test("takes criteria along, wherever they name the field", () => {
    const times = (field: string): Criteria =>
      and(
        where(field).gte(1),
        not(where(field).in([2])),
        where(`${field}.deep`).isNull(),
        where("other").eq("times"),
        where(field).between(1, 2),
      );
    expect(criteriaUp(times("times"), toTwo)).toEqual(times("count"));
    expect(criteriaUp(where("timesheet").eq(1), toTwo)).toEqual(where("timesheet").eq(1));
    const same = times("times");
    expect(criteriaUp(same, ring.step(2))).toBe(same);
  });
});
