import { request } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type App, problemOf, startApp } from "./support/start-app.ts";

let app: App;

beforeAll(async () => {
  app = await startApp({ http: { maxJsonBytes: 10_000 } });
});
afterAll(() => app.kernel.stop());

const ID = "0190a000-0000-7000-8000-00000000abcd";

describe("operations", () => {
  it("answers with the operation's status and output", async () => {
    const response = await app.call("POST", "/api/v1/notes", { json: { text: "héllo" } });
    expect(response.status).toBe(201);
    expect(response.headers.get("content-type")).toBe("application/json; charset=utf-8");
    expect(response.headers.get("cache-control")).toBe("no-store");
    expect(response.headers.get("x-content-type-options")).toBe("nosniff");
    expect(await response.json()).toEqual({ id: "note-of-5", text: "héllo" });
  });

  it("takes the fields of the path, decoded and in their type, over those of the body", async () => {
    const response = await app.call("PUT", "/api/v1/notes/a%2Fb%20%D1%8F/versions/7", {
      json: { id: "other", version: 1, text: "t" },
    });
    expect(await response.json()).toEqual({ id: "a/b я", version: 7, text: "t" });
  });

  it("prefers a literal segment to a parameter", async () => {
    expect(await (await app.call("GET", "/api/v1/notes/first")).json()).toMatchObject({ id: "first" });
    expect(await (await app.call("GET", "/api/v1/notes/second")).json()).toMatchObject({ id: "second" });
  });

  it("offers operations without a path of their own under their name", async () => {
    expect((await app.call("POST", "/api/v1/commands/desk.note.fail", { json: { how: "conflict" } })).status).toBe(409);
  });

  it("doesn't offer internal ones", async () => {
    expect(await problemOf(await app.call("POST", "/api/v1/commands/desk.note.hidden"))).toMatchObject({ status: 404 });
  });

  it("reads the query in the types of the input", async () => {
    const criteria = { op: "eq", field: "status", value: "new" };
    const query = new URLSearchParams({
      limit: "5",
      done: "true",
      weight: "1.5",
      after: "12",
      criteria: JSON.stringify(criteria),
      sort: '[{"field":"id"}]',
      unknown: "x",
    });
    query.append("tags", "a");
    query.append("tags", "b c");
    expect(await (await app.call("GET", `/api/v1/notes?${query}`)).json()).toEqual({
      limit: 5,
      done: true,
      weight: 1.5,
      after: "12",
      criteria,
      sort: [{ field: "id" }],
      tags: ["a", "b c"],
    });
    expect(await (await app.call("GET", "/api/v1/notes?tags=one&done=false")).json()).toEqual({
      tags: ["one"],
      done: false,
    });
    expect(await (await app.call("GET", '/api/v1/notes?tags=["x","y"]')).json()).toEqual({ tags: ["x", "y"] });
    expect(await (await app.call("DELETE", "/api/v1/notes/7?hard=true")).json()).toEqual({ id: "7", hard: true });
  });

  it.each([
    ["limit=0", "limit"],
    ["limit=many", "limit"],
    ["limit=1&limit=2", "limit"],
    ["done=maybe", "done"],
    ["weight=", "weight"],
    ['criteria={"op":"eq"}', "criteria"],
    ["criteria=text", "criteria"],
  ])("refuses the query %s and names the field", async (query, field) => {
    const problem = await problemOf(await app.call("GET", `/api/v1/notes?${query}`));
    expect(problem).toMatchObject({ status: 422, code: "CRM_BUS_INVALID_INPUT" });
    expect((problem["issues"] as { path: string }[])[0]?.path.split(".")[0]).toBe(field);
  });

  it.each(["sort=[", "criteria={", "tags=[", "after=%00"])("refuses the malformed query %s", async (query) => {
    expect(await problemOf(await app.call("GET", `/api/v1/notes?${query}`))).toMatchObject({
      status: 400,
      code: "CRM_HTTP_BAD_REQUEST",
    });
  });

  it("refuses a NUL in the path", async () => {
    expect((await problemOf(await app.call("GET", "/api/v1/notes/a%00b"))).status).toBe(400);
  });

  it("lists what is wrong with a body", async () => {
    const problem = await problemOf(await app.call("POST", "/api/v1/notes", { json: { text: "", tags: [1] } }));
    expect(problem).toMatchObject({
      status: 422,
      code: "CRM_BUS_INVALID_INPUT",
      title: "Unprocessable Entity",
      details: { operation: "desk.note.create" },
    });
    expect((problem["issues"] as { path: string }[]).map(({ path }) => path)).toEqual(["text", "tags.0"]);
  });

  describe("bodies", () => {
    const post = (body: NonNullable<RequestInit["body"]> | null, type: string | null = "application/json") =>
      app.call("POST", "/api/v1/notes", { body, ...(type === null ? {} : { headers: { "content-type": type } }) });

    it.each([
      "application/json",
      "application/json; charset=utf-8",
      'Application/JSON; Charset="UTF-8"',
      "application/merge-patch+json",
    ])("takes %s", async (type) => {
      expect((await post('{"text":"x"}', type)).status).toBe(201);
    });

    it.each([
      "text/plain",
      "application/x-www-form-urlencoded",
      "multipart/form-data; boundary=x",
      "application/json; charset=koi8-r",
      "application/jsonp",
      "",
    ])("refuses %j with 415", async (type) => {
      expect(await problemOf(await post('{"text":"x"}', type))).toMatchObject({
        status: 415,
        code: "CRM_HTTP_CONTENT_TYPE",
      });
    });

    it.each(["{", "{'a':1}", '"', "nul", '{"text":"x"}}', "\u{feff}{"])(
      "refuses the malformed %j with 400",
      async (body) => {
        expect(await problemOf(await post(body))).toMatchObject({ status: 400, code: "CRM_HTTP_BAD_REQUEST" });
      },
    );

    it("refuses bytes that aren't UTF-8", async () => {
      expect((await problemOf(await post(new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x7d])))).status).toBe(400);
    });

    it.each(["[]", "1", "null", '"text"'])("refuses %s, which is no object, with 422", async (body) => {
      expect(await problemOf(await post(body))).toMatchObject({ status: 422, code: "CRM_HTTP_BODY_NOT_OBJECT" });
    });

    it("takes an absent body for an empty object", async () => {
      expect((await problemOf(await post(null, null)))["issues"]).toMatchObject([{ path: "text" }]);
    });

    it("refuses a body that is announced too large", async () => {
      const problem = await problemOf(await post(JSON.stringify({ text: "x".repeat(1_000_000) })));
      expect(problem).toMatchObject({ status: 413, code: "CRM_HTTP_BODY_TOO_LARGE", details: { maxBytes: 10_000 } });
    });

    it("refuses a body that turns out too large", async () => {
      const body = ReadableStream.from(Array.from({ length: 50 }, () => new Uint8Array(1_000).fill(32)));
      const response = await app.call("POST", "/api/v1/notes", {
        body,
        duplex: "half",
        headers: { "content-type": "application/json" },
      } as RequestInit);
      expect((await problemOf(response)).status).toBe(413);
    });

    it("takes one of just the size allowed", async () => {
      expect((await post(JSON.stringify({ text: "x".repeat(10_000 - 11) }))).status).toBe(201);
      expect((await post(JSON.stringify({ text: "x".repeat(10_000 - 10) }))).status).toBe(413);
    });

    it("is not polluted by __proto__", async () => {
      const response = await post('{"text":"x","__proto__":{"tags":["evil"]},"constructor":{"prototype":{"evil":1}}}');
      expect(response.status).toBe(201);
      expect(({} as { evil?: number }).evil).toBeUndefined();
    });

    it("survives a caller who hangs up in the middle", async () => {
      const { port } = new URL(app.url);
      await new Promise<void>((resolve) => {
        const half = request({
          port,
          method: "POST",
          path: "/api/v1/notes",
          headers: { authorization: "Bearer owner", "content-type": "application/json", "content-length": 100 },
        });
        half.on("error", () => {});
        half.on("close", resolve);
        half.write('{"text":', () => half.destroy());
      });
      expect((await post('{"text":"x"}')).status).toBe(201);
    });
  });

  describe("callers", () => {
    it.each([
      ["no token", null, undefined],
      ["an unknown token", "stranger", undefined],
      ["another scheme", null, "Basic b3duZXI6eA=="],
      ["an empty token", null, "Bearer "],
      ["two tokens", null, "Bearer a b"],
    ])("refuses %s with 401", async (_, as, authorization) => {
      const response = await app.call("GET", "/api/v1/notes", {
        as,
        ...(authorization ? { headers: { authorization } } : {}),
      });
      expect(response.headers.get("www-authenticate")).toBe("Bearer");
      expect(await problemOf(response)).toMatchObject({ status: 401, code: "CRM_IAM_UNAUTHENTICATED" });
    });

    it("refuses with 403 what the caller may not do, and what a key is not for", async () => {
      expect(await problemOf(await app.call("GET", "/api/v1/notes", { as: "guest" }))).toMatchObject({
        status: 403,
        code: "CRM_IAM_FORBIDDEN",
      });
      expect((await app.call("GET", "/api/v1/notes/1", { as: "limited" })).status).toBe(200);
      expect(
        (await problemOf(await app.call("POST", "/api/v1/notes", { as: "limited", json: { text: "x" } }))).status,
      ).toBe(403);
    });

    it("asks who calls before it reads what they send", async () => {
      const response = await app.call("POST", "/api/v1/notes", {
        as: null,
        body: "x".repeat(5_000_000),
        headers: { "content-type": "text/plain" },
      });
      expect((await problemOf(response)).status).toBe(401);
    });

    it("runs the operation as the caller", async () => {
      const response = await app.call("GET", "/api/v1/context", {
        as: "clerk",
        headers: { "x-correlation-id": ID.toUpperCase(), "accept-language": "ru-ru,ru;q=0.9" },
      });
      expect(response.headers.get("x-correlation-id")).toBe(ID);
      expect(await response.json()).toEqual({
        actor: { kind: "user", id: "clerk" },
        tenantId: "default",
        correlationId: ID,
        causationId: null,
        locale: "ru-RU",
        inUnit: false,
      });
    });

    it.each(["not a uuid", "1", "' OR 1=1"])("gives a new correlation id instead of %j", async (given) => {
      const response = await app.call("GET", "/api/v1/context", { headers: { "x-correlation-id": given } });
      const { correlationId } = (await response.json()) as { correlationId: string };
      expect(correlationId).toMatch(/^[0-9a-f-]{36}$/);
      expect(response.headers.get("x-correlation-id")).toBe(correlationId);
    });

    it.each([
      ["*", "en"],
      ["", "en"],
      ["!!", "en"],
      ["de;q=0.5", "de"],
    ])("takes the language %j for %s", async (header, locale) => {
      const response = await app.call("GET", "/api/v1/context", { headers: { "accept-language": header } });
      expect(await response.json()).toMatchObject({ locale });
    });
  });

  describe("idempotency", () => {
    const create = (key: string, text: string, as = "owner") =>
      app.call("POST", "/api/v1/notes", { as, json: { text }, headers: { "idempotency-key": key } });

    it("answers a repetition with the first answer, and refuses another input", async () => {
      const first = await (await create("key-1", "one")).json();
      const again = await create("key-1", "one");
      expect([again.status, await again.json()]).toEqual([201, first]);
      expect(await problemOf(await create("key-1", "two"))).toMatchObject({
        status: 422,
        code: "CRM_IDEMPOTENCY_MISMATCH",
      });
      expect((await create("key-1", "two", "clerk")).status).toBe(201);
    });

    it.each(["x".repeat(201), "with space", "ключ".normalize()])("refuses the key %j", async (key) => {
      const header = Buffer.from(key, "utf8").toString("latin1");
      expect((await problemOf(await create(header, "x"))).status).toBe(400);
    });
  });

  describe("places", () => {
    it.each([
      "/",
      "/api",
      "/api/v1",
      "/api/v1/nothing",
      "/api/v1/notes/",
      "/API/v1/notes",
      "/api/v1/notes/a/b",
      "/favicon.ico",
      "//api/v1/notes",
      "/health/x",
    ])("has nothing at %s", async (path) => {
      expect(await problemOf(await app.call("GET", path))).toMatchObject({ status: 404, code: "CRM_HTTP_NOT_FOUND" });
    });

    it.each(["/api/v2/notes", "/api/v9", "/api/v0/notes"])(
      "has no such version at %s, and says which",
      async (path) => {
        expect(await problemOf(await app.call("GET", path))).toMatchObject({
          status: 404,
          code: "CRM_HTTP_API_VERSION",
          detail: expect.stringMatching(/no v\d of its API\. It has v1/) as string,
          details: { versions: ["v1"] },
        });
      },
    );

    it("says which methods are possible", async () => {
      const response = await app.call("PATCH", "/api/v1/notes");
      expect(response.headers.get("allow")?.split(", ").toSorted()).toEqual(["GET", "HEAD", "POST"]);
      expect(await problemOf(response)).toMatchObject({ status: 405, code: "CRM_HTTP_METHOD" });
      expect((await app.call("OPTIONS", "/api/v1/notes")).status).toBe(200);
    });

    it("answers HEAD like GET, without the body", async () => {
      const response = await app.call("HEAD", "/api/v1/notes/1");
      expect([response.status, await response.text()]).toEqual([200, ""]);
    });

    it.each(["TRACE", "PROPFIND"])("refuses %s", async (method) => {
      const { port } = new URL(app.url);
      const status = await new Promise((resolve) =>
        request({ port, method, path: "/api/v1/notes" }, (response) => resolve(response.resume().statusCode)).end(),
      );
      expect([404, 405]).toContain(status);
    });
  });

  describe("failures", () => {
    const fail = (how: string) => app.call("POST", "/api/v1/commands/desk.note.fail", { json: { how } });

    it("tells a refusal in full", async () => {
      expect(await problemOf(await fail("conflict"))).toEqual({
        type: "urn:crmessenger:problem:CRM_DESK_CONFLICT",
        title: "Conflict",
        status: 409,
        detail: "Somebody else was faster.",
        code: "CRM_DESK_CONFLICT",
        details: { id: "7" },
        correlationId: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
      });
    });

    it.each([
      ["busy", 503, "CRM_DESK_BUSY"],
      ["default", 500, "CRM_DESK_BROKEN"],
      ["odd-status", 500, "CRM_DESK_ODD"],
      ["error", 500, "CRM_KERNEL_UNEXPECTED"],
      ["string", 500, "CRM_KERNEL_UNEXPECTED"],
    ])("keeps our insides to itself and logs them: %s", async (how, status, code) => {
      const before = app.kernel.log.lines.length;
      const response = await fail(how);
      const text = await response.clone().text();
      const problem = await problemOf(response);
      expect(problem).toMatchObject({ status, code });
      expect(text).not.toMatch(/hunter2|10\.0\.0\.7|ECONNREFUSED|postgres|stack/);
      const lines = app.kernel.log.lines.slice(before).filter(({ level }) => level === "error");
      expect(lines).toMatchObject([
        { fields: { correlationId: problem["correlationId"], error: expect.anything() as unknown } },
      ]);
      expect(response.headers.get("x-correlation-id")).toBe(problem["correlationId"]);
    });

    it("says when to come back", async () => {
      expect((await fail("busy")).headers.get("retry-after")).toBe("3");
    });
  });
});

describe("without an Authenticator", () => {
  it("says that the application lacks one", async () => {
    await using bare = await startApp({ withoutDoorman: true });
    expect(await problemOf(await bare.call("GET", "/api/v1/notes"))).toMatchObject({
      status: 501,
      code: "CRM_HTTP_NOT_SERVED",
    });
    expect(
      (await problemOf(await bare.call("POST", "/api/v1/sign-in", { json: { email: "a", password: "b" } }))).status,
    ).toBe(501);
    expect((await problemOf(await bare.call("POST", "/api/v1/sign-out"))).status).toBe(501);
    expect((await bare.call("GET", "/health")).status).toBe(200);
  });
});
