import { request } from "node:http";
import { once } from "node:events";
import { CrmError } from "@crmessenger/kernel";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type App, problemOf, startApp } from "./support/start-app.ts";

let app: App;

beforeAll(async () => {
  app = await startApp({ http: { maxUploadBytes: 300_000 } });
});
afterAll(() => app.kernel.stop());

const upload = (
  body: NonNullable<RequestInit["body"]> | null,
  headers: Record<string, string> = {},
  path = "/api/v1/files",
) => app.call("POST", path, { body, headers: { "content-type": "image/jpeg", ...headers } });

interface Stored {
  readonly path: string;
  readonly size: number;
  readonly mimeType: string;
  readonly fileName?: string;
}

async function stored(body: string, headers: Record<string, string> = {}): Promise<Stored> {
  return (await (await upload(body, headers)).json()) as Stored;
}

describe("files", () => {
  it.each(["POST", "PUT"])("are stored by %s and come back as they were", async (method) => {
    const body = Uint8Array.from({ length: 200_000 }, (_, index) => index % 256);
    const response = await app.call(method, "/api/v1/files", {
      body,
      headers: { "content-type": "Image/PNG; x=1", "x-file-name": encodeURIComponent("Фото «1».png") },
    });
    expect(response.status).toBe(201);
    const file = (await response.json()) as Stored;
    expect(file).toMatchObject({ size: 200_000, mimeType: "image/png", fileName: "Фото «1».png" });
    expect(file.path).toMatch(/^uploads\/\d{4}\/\d\d\/\d\d\/[0-9a-f-]{36}$/);
    const download = await app.call("GET", `/api/v1/files/${file.path}`);
    expect(download.status).toBe(200);
    expect(Object.fromEntries(download.headers)).toMatchObject({
      "content-type": "image/png",
      "content-length": "200000",
      "accept-ranges": "bytes",
      "x-content-type-options": "nosniff",
      "content-security-policy": "default-src 'none'; sandbox",
      "content-disposition": expect.stringMatching(
        `^inline; .*filename\\*=UTF-8''${encodeURIComponent("Фото «1».png")}$`,
      ) as string,
    });
    expect(await download.bytes()).toEqual(body);
  });

  it("take a name from the query, an empty body and no type", async () => {
    const response = await app.call("POST", "/api/v1/files?name=a%00b.txt", { body: "" });
    expect(await response.json()).toMatchObject({ size: 0, fileName: "ab.txt" });
    const bare = await app.call("POST", "/api/v1/files", { body: new Uint8Array([1]) });
    expect(await bare.json()).toMatchObject({ size: 1, mimeType: "application/octet-stream" });
  });

  it.each([
    ["text/html", "attachment"],
    ["image/svg+xml", "attachment"],
    ["application/javascript", "attachment"],
    ["application/pdf", "attachment"],
    ["video/mp4", "inline"],
    ["audio/ogg; codecs=opus", "inline"],
    ["text/plain", "inline"],
  ])("of type %s are shown as %s", async (type, disposition) => {
    app.ledger.files.set("inbound/x", {
      file: { path: "inbound/x", mimeType: type, size: 1, sha256: "1" },
      content: Buffer.from("x"),
    });
    const response = await app.call("GET", "/api/v1/files/inbound/x");
    expect([response.headers.get("content-type"), response.headers.get("content-disposition")]).toEqual([
      type,
      disposition,
    ]);
  });

  it.each(["text/html\r\nx-evil: 1", "nonsense", "", "текст/plain"])(
    "of the malformed type %j come as bytes",
    async (mimeType) => {
      const file = { path: "inbound/y", mimeType, fileName: 'a"b\r\n\ud800.txt', size: 1, sha256: "1" };
      app.ledger.files.set("inbound/y", { file, content: Buffer.from("x") });
      const response = await app.call("GET", "/api/v1/files/inbound/y");
      expect([response.status, response.headers.get("content-type")]).toEqual([200, "application/octet-stream"]);
      expect(response.headers.get("x-evil")).toBeNull();
    },
  );

  it("are sent in part", async () => {
    const { path } = await stored("0123456789");
    const part = (range: string, more: Record<string, string> = {}) =>
      app.call("GET", `/api/v1/files/${path}`, { headers: { range, ...more } });
    const middle = await part("bytes=2-4");
    expect([middle.status, middle.headers.get("content-range"), await middle.text()]).toEqual([
      206,
      "bytes 2-4/10",
      "234",
    ]);
    expect(await (await part("bytes=-3")).text()).toBe("789");
    expect((await part("bytes=0-1,4-5")).status).toBe(200);
    expect((await part("bytes=2-4", { "if-range": '"other"' })).status).toBe(200);
    const etag = (await part("bytes=0-0")).headers.get("etag") ?? "";
    expect((await part("bytes=2-4", { "if-range": etag })).status).toBe(206);
    const beyond = await part("bytes=10-");
    expect(beyond.headers.get("content-range")).toBe("bytes */10");
    expect(await problemOf(beyond)).toMatchObject({ status: 416, code: "CRM_HTTP_RANGE" });
  });

  it("aren't sent again when the caller has them", async () => {
    const { path } = await stored("0123456789");
    const first = await app.call("GET", `/api/v1/files/${path}`);
    const again = await app.call("GET", `/api/v1/files/${path}`, {
      headers: { "if-none-match": first.headers.get("etag") ?? "" },
    });
    expect([again.status, await again.text()]).toEqual([304, ""]);
    const head = await app.call("HEAD", `/api/v1/files/${path}`);
    expect([head.status, head.headers.get("content-length"), await head.text()]).toEqual([200, "10", ""]);
  });

  it("that aren't there are 404, odd paths what the storage says", async () => {
    expect((await problemOf(await app.call("GET", "/api/v1/files/no/such"))).status).toBe(404);
    expect((await problemOf(await app.call("GET", "/api/v1/files/"))).status).toBe(404);
    expect(await problemOf(await app.call("GET", "/api/v1/files/a%2F..%2F..%2Fetc%2Fpasswd"))).toMatchObject({
      status: 422,
      code: "CRM_STORAGE_PATH",
    });
  });

  it("need a caller with the permission", async () => {
    expect((await problemOf(await app.call("POST", "/api/v1/files", { as: null, body: "x" }))).status).toBe(401);
    expect((await problemOf(await app.call("POST", "/api/v1/files", { as: "clerk", body: "x" }))).status).toBe(403);
    expect(await problemOf(await app.call("GET", "/api/v1/files/a", { as: "clerk" }))).toMatchObject({
      status: 403,
      details: { permission: "communication.conversation.read" },
    });
    expect((await problemOf(await app.call("GET", "/api/v1/files/a", { as: "limited" }))).status).toBe(403);
  });

  it("that are too large are refused, announced or not", async () => {
    const files = app.ledger.files.size;
    expect(await problemOf(await upload(new Uint8Array(300_001)))).toMatchObject({
      status: 413,
      code: "CRM_HTTP_BODY_TOO_LARGE",
    });
    const body = ReadableStream.from(Array.from({ length: 31 }, () => new Uint8Array(10_000)));
    expect(
      (await problemOf(await app.call("POST", "/api/v1/files", { body, duplex: "half" } as RequestInit))).status,
    ).toBe(413);
    expect(app.ledger.files.size).toBe(files);
  });

  it.each([
    ["content-type", "jpeg"],
    ["content-type", `image/${"x".repeat(200)}`],
    ["x-file-name", "%E0%A4%A"],
    ["x-file-name", "x".repeat(501)],
  ])("with the %s %j are refused", async (name, value) => {
    expect((await problemOf(await upload("x", { [name]: value }))).status).toBe(400);
  });

  it("of a caller who hangs up aren't stored", async () => {
    const files = app.ledger.files.size;
    const half = request(`${app.url}/api/v1/files`, {
      method: "POST",
      headers: { authorization: "Bearer owner", "content-length": 1_000 },
    });
    const closed = new Promise<void>((resolve) => half.on("error", () => resolve()));
    half.write("x".repeat(500), () => half.destroy());
    await closed;
    expect((await upload("next")).status).toBe(201);
    expect(app.ledger.files.size).toBe(files + 1);
  });

  it("say when there is no room", async () => {
    const { put } = app.ledger.storage;
    app.ledger.storage.put = async () =>
      Promise.reject(new CrmError("CRM_STORAGE_FULL", "No room on /dev/sda1.", { status: 507, retryable: true }));
    const problem = await problemOf(await upload(new Uint8Array(200_000)));
    app.ledger.storage.put = put;
    expect(problem).toMatchObject({ status: 507, code: "CRM_STORAGE_FULL", detail: "There is no room to store this." });
  });

  it("end the connection when the storage fails within one", async () => {
    app.ledger.files.set("torn", {
      file: { path: "torn", mimeType: "image/png", size: 100, sha256: "t" },
      content: Buffer.from("x"),
    });
    const { get } = app.ledger.storage;
    app.ledger.storage.get = async () =>
      new ReadableStream({
        start: (c) => c.enqueue(new Uint8Array(10)),
        pull: () => Promise.reject(new Error("disk")),
      });
    const response = await app.call("GET", "/api/v1/files/torn");
    await expect(response.bytes()).rejects.toThrow("terminated");
    app.ledger.storage.get = get;
    expect(app.kernel.log.lines.at(-1)).toMatchObject({ level: "error", message: "GET /api/v1/files/torn failed." });
  });

  it("may be left in the middle", async () => {
    const errors = () => app.kernel.log.lines.filter(({ level }) => level === "error").length;
    const before = errors();
    const content = Buffer.alloc(50_000_000);
    app.ledger.files.set("huge", {
      file: { path: "huge", mimeType: "image/png", size: content.length, sha256: "h" },
      content,
    });
    const call = request(`${app.url}/api/v1/files/huge`, { headers: { authorization: "Bearer owner" } }).end();
    const [response] = (await once(call, "response")) as [NodeJS.ReadableStream & { destroy(): void }];
    response.destroy();
    expect((await app.call("GET", "/ready")).status).toBe(200);
    expect(errors()).toBe(before);
  });
});

describe("without a Storage", () => {
  it("says that the application lacks one", async () => {
    await using bare = await startApp({ withoutStorage: true });
    expect(await problemOf(await bare.call("POST", "/api/v1/files", { body: "x" }))).toMatchObject({
      status: 501,
      code: "CRM_HTTP_NOT_SERVED",
    });
    expect((await problemOf(await bare.call("GET", "/api/v1/files/a"))).status).toBe(501);
  });
});
