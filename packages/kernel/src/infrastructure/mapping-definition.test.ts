import { describe, expect, test } from "vitest";
import { applyMapping, mappingDefinitionSchema } from "./mapping-definition.ts";

describe("a mapping", () => {
  const lead = { title: "Coffee", attributes: { budget: 300, note: null, tags: ["vip"] } };

  test("carries fields over, along paths on both sides", () => {
    const mapping = {
      fields: [
        { to: "title", from: "title" },
        { to: "attributes.sum", from: "attributes.budget" },
        { to: "attributes.tags", from: "attributes.tags" },
      ],
    };
    expect(applyMapping(mapping, lead)).toEqual({ title: "Coffee", attributes: { sum: 300, tags: ["vip"] } });
  });

  test("takes the constant where the source is null or absent, and leaves out what has neither", () => {
    const mapping = {
      fields: [
        { to: "note", from: "attributes.note", value: "none" },
        { to: "kind", value: "retail" },
        { to: "missing", from: "attributes.unknown" },
      ],
    };
    expect(applyMapping(mapping, lead)).toEqual({ note: "none", kind: "retail" });
  });

  test("lets later entries win, also where one is inside the other", () => {
    const mapping = {
      fields: [
        { to: "a", value: 1 },
        { to: "a.b", value: 2 },
        { to: "a.c", value: [3] },
        { to: "a.c.d", value: 4 },
      ],
    };
    expect(applyMapping(mapping, {})).toEqual({ a: { b: 2, c: { d: 4 } } });
  });

  test("does not change the values it nests into", () => {
    const source = { inner: { kept: true } };
    const mapping = {
      fields: [
        { to: "copy", from: "inner" },
        { to: "copy.more", value: 1 },
      ],
    };
    expect(applyMapping(mapping, source)).toEqual({ copy: { kept: true, more: 1 } });
    expect(source).toEqual({ inner: { kept: true } });
  });

  test.each(["a.__proto__.polluted", "a.constructor.prototype.polluted"])("never reaches a prototype: %s", (to) => {
    const mapping = { fields: [{ to, value: "yes" }] };
    applyMapping(mapping, {});
    expect(Reflect.get({}, "polluted")).toBeUndefined();
    expect(mappingDefinitionSchema.safeParse(mapping).success).toBe(false);
  });
});
