import type { PluginRoute } from "@crmessenger/kernel/http";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RouteIndex } from "./route-index.ts";

const route = (path: string, method: PluginRoute["method"] = "POST"): PluginRoute => ({
  method,
  path,
  authentication: "none",
  plugin: "test",
  permissions: [],
  handle: async () => ({ status: 200 }),
});
const find = (index: RouteIndex, path: string, method = "POST") => {
  const match = index.find(method, path);
  return match && [match.bound.route.path, match.params];
};

describe("RouteIndex", () => {
  it("finds literals before parameters, and comes back from a dead end", () => {
    const index = new RouteIndex([route("/a/:x/c"), route("/a/b/:y"), route("/a/b/d"), route("/a/:x/:z/e")]);
    expect(find(index, "/a/b/d")).toEqual(["/a/b/d", {}]);
    expect(find(index, "/a/b/c")).toEqual(["/a/b/:y", { y: "c" }]);
    expect(find(index, "/a/q/c")).toEqual(["/a/:x/c", { x: "q" }]);
    expect(find(index, "/a/b/q/e")).toEqual(["/a/:x/:z/e", { x: "b", z: "q" }]);
    expect(find(index, "/a/b/q/f")).toBeUndefined();
    expect(find(index, "/a/b/d", "GET")).toBeUndefined();
  });

  it("names parameters by the route, though another method calls them differently", () => {
    const index = new RouteIndex([route("/a/:x"), route("/a/:y", "GET")]);
    expect(find(index, "/a/1")).toEqual(["/a/:x", { x: "1" }]);
    expect(find(index, "/a/1", "GET")).toEqual(["/a/:y", { y: "1" }]);
    expect(index.methods("/a/1")).toEqual(["POST", "GET"]);
    expect(index.methods("/b")).toEqual([]);
  });

  it("finds nothing in an empty table, for empty segments and for malformed ones", () => {
    expect(find(new RouteIndex([]), "/a")).toBeUndefined();
    const index = new RouteIndex([route("/a/:x")]);
    for (const path of ["", "/", "/a", "/a/", "a/1", "//a/1", "/a/1/", "/a/%zz"])
      expect(find(index, path)).toBeUndefined();
  });

  it("gives back whatever a parameter held", () => {
    const index = new RouteIndex([route("/a/:x/:y")]);
    fc.assert(
      fc.property(
        fc.string({ minLength: 1, unit: "grapheme" }),
        fc.string({ minLength: 1, unit: "grapheme" }),
        (x, y) => {
          expect(find(index, `/a/${encodeURIComponent(x)}/${encodeURIComponent(y)}`)).toEqual(["/a/:x/:y", { x, y }]);
        },
      ),
    );
  });
});
