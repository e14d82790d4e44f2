import { createHash } from "node:crypto";
import { request } from "node:http";
import { connect } from "node:net";
import { CrmError, executionContext } from "@crmessenger/kernel";
import { type Route, type RouteRequest, type RouteResponse, json } from "@crmessenger/kernel/http";
import { createGate } from "@crmessenger/testing";
import { afterEach, describe, expect, it } from "vitest";
import { type App, type AppOptions, problemOf, startApp } from "./support/start-app.ts";

let app: App | undefined;
afterEach(async () => {
  await app?.kernel.stop();
  app = undefined;
});

function route(
  path: string,
  handle: (request: RouteRequest) => RouteResponse | Promise<RouteResponse>,
  more: Partial<Route> = {},
): Route {
  return { method: "POST", path, authentication: "none", handle: async (request) => handle(request), ...more };
}

async function start(routes: readonly Route[], options: AppOptions = {}): Promise<App> {
  app = await startApp({ ...options, routes });
  return app;
}

describe("plugin routes", () => {
  it("get the bytes as they came, with parameters, query and headers", async () => {
    const seen: RouteRequest[] = [];
    const { call } = await start([
      route("/hooks/x/:account/:secret", (request) => {
        seen.push(request);
        return json(200, { ok: true }, { "x-extra": "1" });
      }),
    ]);
    const body = Uint8Array.from({ length: 200_000 }, (_, index) => index % 256);
    const response = await call("POST", "/hooks/x/a%20b/s-1?q=1&q=%D1%8F", { body, headers: { "X-Signature": "abc" } });
    expect([response.status, response.headers.get("x-extra"), await response.text()]).toEqual([
      200,
      "1",
      '{"ok":true}',
    ]);
    expect(seen[0]).toMatchObject({
      method: "POST",
      url: "/hooks/x/a%20b/s-1?q=1&q=%D1%8F",
      params: { account: "a b", secret: "s-1" },
    });
    expect(seen[0]?.query.getAll("q")).toEqual(["1", "я"]);
    expect(seen[0]?.headers["x-signature"]).toBe("abc");
    expect(
      createHash("sha1")
        .update(seen[0]?.body ?? "")
        .digest("hex"),
    ).toBe(createHash("sha1").update(body).digest("hex"));
    expect(seen[0]?.subject).toBeUndefined();
  });

  it("run as their plugin, with its permissions and a correlation of their own", async () => {
    const { call } = await start([route("/who", () => json(200, { ...executionContext(), own: true }))]);
    const first = (await (await call("POST", "/who")).json()) as { correlationId: string };
    expect(first).toMatchObject({
      actor: { kind: "plugin", id: "desk" },
      subject: { kind: "plugin", permissions: ["desk.own.work"] },
      tenantId: "default",
      causationId: null,
      own: true,
    });
    expect(((await (await call("POST", "/who")).json()) as { correlationId: string }).correlationId).not.toBe(
      first.correlationId,
    );
  });

  it("run as the caller where they require one", async () => {
    const handle = (request: RouteRequest) => json(200, { subject: request.subject, actor: executionContext().actor });
    const { call } = await start([route("/mine/:id", handle, { method: "GET", authentication: "required" })]);
    expect(await (await call("GET", "/mine/1", { as: "clerk" })).json()).toMatchObject({
      subject: { id: "clerk" },
      actor: { kind: "user", id: "clerk" },
    });
    expect(await problemOf(await call("GET", "/mine/1", { as: null }))).toMatchObject({ status: 401 });
    expect(await problemOf(await call("GET", "/mine/1", { as: "stranger" }))).toMatchObject({ status: 401 });
  });

  it("answer text, bytes, streams and nothing", async () => {
    const { call } = await start([
      route("/text", () => ({ status: 202, body: "héllo", headers: { "content-type": "text/plain" } })),
      route("/bytes", () => ({ status: 200, body: new Uint8Array([1, 2, 255]) })),
      route("/stream", () => ({
        status: 200,
        body: ReadableStream.from([new Uint8Array(70_000), new Uint8Array([7])]),
      })),
      route("/empty", () => ({ status: 204 })),
      route("/silent", () => ({ status: 200 })),
    ]);
    const text = await call("POST", "/text");
    expect([text.status, text.headers.get("content-length"), await text.text()]).toEqual([202, "6", "héllo"]);
    expect(await (await call("POST", "/bytes")).bytes()).toEqual(new Uint8Array([1, 2, 255]));
    expect((await (await call("POST", "/stream")).bytes()).length).toBe(70_001);
    const empty = await call("POST", "/empty");
    expect([empty.status, empty.headers.get("content-length")]).toEqual([204, null]);
    expect((await call("POST", "/silent")).headers.get("content-length")).toBe("0");
  });

  it("refuse bodies larger than they allow, announced or not", async () => {
    let handled = 0;
    const count = () => json(200, { handled: (handled += 1) });
    const { call } = await start([route("/small", count, { maxBodyBytes: 1_000 }), route("/default", count)]);
    expect((await call("POST", "/small", { body: "x".repeat(1_000) })).status).toBe(200);
    expect(await problemOf(await call("POST", "/small", { body: "x".repeat(1_001) }))).toMatchObject({
      status: 413,
      code: "CRM_HTTP_BODY_TOO_LARGE",
    });
    const body = ReadableStream.from(Array.from({ length: 20 }, () => new Uint8Array(100)));
    expect((await problemOf(await call("POST", "/small", { body, duplex: "half" } as RequestInit))).status).toBe(413);
    expect((await problemOf(await call("POST", "/default", { body: new Uint8Array(1024 * 1024 + 1) }))).status).toBe(
      413,
    );
    expect((await problemOf(await call("POST", "/small", { body: new Uint8Array(8_000_000) }))).status).toBe(413);
    expect(handled).toBe(1);
  });

  it("keep the connection for the next request after a refusal", async () => {
    const { url } = await start([route("/small", () => json(200, {}), { maxBodyBytes: 10 })]);
    const socket = connect(Number(new URL(url).port), "127.0.0.1");
    const answers: string[] = [];
    socket.on("data", (data) => answers.push(data.toString()));
    socket.write("POST /small HTTP/1.1\r\nHost: x\r\nContent-Length: 20\r\n\r\n12345678901234567890");
    await expect.poll(() => answers.join("")).toContain("413");
    socket.write("POST /small HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}");
    await expect.poll(() => answers.join("")).toContain("200 OK");
    socket.destroy();
  });

  it("cut off who sends without end", async () => {
    const { url } = await start([route("/small", () => json(200, {}), { maxBodyBytes: 10 })]);
    const socket = connect(Number(new URL(url).port), "127.0.0.1");
    const closed = new Promise<void>((resolve) => {
      socket.on("error", () => resolve());
      socket.on("close", () => resolve());
    });
    socket.on("data", () => {});
    socket.write("POST /small HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n");
    const chunk = Buffer.alloc(1024 * 1024);
    const pump = (error?: Error | null) => {
      if (!error && socket.writable) socket.write(chunk, pump);
    };
    pump();
    await closed;
  });

  it("turn what they throw into problems", async () => {
    const { call, kernel } = await start([
      route("/refuse", () => {
        throw new CrmError("CRM_X_Y", "Not this.", { status: 409, retryAfterMs: 10 });
      }),
      route("/break", () => {
        throw new Error("hunter2");
      }),
      route("/odd", () => ({ status: 200, headers: { "x-bad": "a\r\nb" } })),
    ]);
    const refused = await call("POST", "/refuse");
    expect(refused.headers.get("retry-after")).toBe("1");
    expect(await problemOf(refused)).toMatchObject({ status: 409, code: "CRM_X_Y", detail: "Not this." });
    const broken = await call("POST", "/break");
    const text = await broken.clone().text();
    expect((await problemOf(broken)).status).toBe(500);
    expect(text).not.toContain("hunter2");
    expect(kernel.log.lines.at(-1)).toMatchObject({ level: "error", message: 'POST /break of plugin "desk" failed.' });
    expect((await problemOf(await call("POST", "/odd"))).status).toBe(500);
  });

  it("end the connection when a stream fails after it began", async () => {
    const failing = () => ({
      status: 200,
      body: new ReadableStream<Uint8Array>({
        start: (c) => c.enqueue(new Uint8Array(10)),
        pull: () => Promise.reject(new Error("lost")),
      }),
    });
    const { call, kernel } = await start([route("/stream", failing)]);
    await expect(call("POST", "/stream").then((response) => response.bytes())).rejects.toThrow(
      /terminated|fetch failed/,
    );
    expect(kernel.log.lines.at(-1)?.level).toBe("error");
  });

  it("learn when the caller goes away", async () => {
    const entered = createGate<RouteRequest>();
    const gone = createGate();
    const { url } = await start([
      route("/slow", async (given) => {
        given.signal.addEventListener("abort", () => gone.open());
        expect(given.signal).toBe(given.signal);
        entered.open(given);
        await gone.opened;
        expect(given.signal.aborted).toBe(true);
        return json(200, {});
      }),
    ]);
    const call = request(`${url}/slow`, { method: "POST" });
    call.on("error", () => {});
    call.end();
    await entered.opened;
    call.destroy();
    await gone.opened;
  });

  it("don't take a finished answer for a caller who left", async () => {
    let signal: AbortSignal | undefined;
    const { call } = await start([
      route("/quick", (given) => {
        signal = given.signal;
        return json(200, {});
      }),
    ]);
    await (await call("POST", "/quick")).text();
    await call("POST", "/quick");
    expect(signal?.aborted).toBe(false);
  });

  it("aren't called for a body that never came completely", async () => {
    let handled = 0;
    const { url, call } = await start([route("/count", () => json(200, { handled: (handled += 1) }))]);
    const half = request(`${url}/count`, { method: "POST", headers: { "content-length": 10 } });
    const closed = new Promise<void>((resolve) => half.on("error", () => resolve()));
    half.write("12345", () => half.destroy());
    await closed;
    expect(await (await call("POST", "/count")).json()).toEqual({ handled: 1 });
  });

  it("say which methods they take", async () => {
    const { call } = await start([
      route("/a/:id", () => json(200, {})),
      route("/a/b", () => json(200, {}), { method: "GET" }),
      route("/a/b", () => json(200, {}), { method: "PUT" }),
    ]);
    const response = await call("DELETE", "/a/b");
    expect(response.headers.get("allow")?.split(", ").toSorted()).toEqual(["GET", "POST", "PUT"]);
    expect((await problemOf(response)).status).toBe(405);
    expect((await call("POST", "/a/b")).status).toBe(200);
    expect((await problemOf(await call("POST", "/a"))).status).toBe(404);
    expect((await problemOf(await call("POST", "/a/%E0%A4%A"))).status).toBe(404);
  });

  it("are found under an absolute URL, as proxies send them", async () => {
    const { url } = await start([route("/a", () => json(200, {}))]);
    const { port } = new URL(url);
    const status = await new Promise((resolve) => {
      request({ port, method: "POST", path: "http://example.org/a?x=1" }, (response) =>
        resolve(response.resume().statusCode),
      ).end();
    });
    expect(status).toBe(200);
  });

  it.each(["/api/x", "/health", "/ready/x", "/:anything", "a", "/", "/a/", "/a//b", "/a?b", "/a/:", "/a b", "/a/*"])(
    "stop the boot at the path %s",
    async (path) => {
      await expect(start([route(path, () => json(200, {}))])).rejects.toThrow(/CRM_HTTP_ROUTE|brings the route/);
    },
  );

  it.each([
    ["/a/:x", "/a/:y"],
    ["/a", "/a"],
  ])("stop the boot when %s and %s meet", async (one, two) => {
    await expect(start([route(one, () => json(200, {})), route(two, () => json(200, {}))])).rejects.toThrow(
      /both serve POST/,
    );
  });
});

describe("plugins that come and go", () => {
  it("take their routes and operations with them", async () => {
    const { call, kernel } = await start([route("/visit", () => json(200, {}))]);
    const plugin = kernel.inspect().plugins.find(({ routes }) => routes.includes("POST /visit"))?.id ?? "";
    expect((await call("POST", "/visit")).status).toBe(200);
    await kernel.disable(plugin);
    expect((await call("POST", "/visit")).status).toBe(404);
    await kernel.enable(plugin);
    expect((await call("POST", "/visit")).status).toBe(200);
  });
});
