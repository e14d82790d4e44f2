import { once } from "node:events";
import { type IncomingMessage, type ServerResponse, createServer } from "node:http";
import { type AddressInfo, type Server, type Socket, createServer as createTcpServer } from "node:net";
import { systemClock } from "@crmessenger/kernel/infrastructure";
import type { Clock, HttpRequest } from "@crmessenger/kernel/infrastructure";
import { type TestClock, createGate, createTestClock } from "@crmessenger/testing";
import { afterEach, describe, expect, it } from "vitest";
import { type ClosableHttpClient, type HttpClientOptions, createHttpClient } from "./create-http-client.ts";

const closers: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

function client(clock: Clock = systemClock, options: HttpClientOptions = {}): ClosableHttpClient {
  const made = createHttpClient(clock, { allowedHosts: ["127.0.0.1"], ...options });
  closers.push(() => made.close(0));
  return made;
}

async function listen(server: Server): Promise<string> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("error", () => {}); // resets are what some of these servers are for
    socket.on("close", () => sockets.delete(socket));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  closers.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** An HTTP server that counts what it is asked. */
async function httpServer(answer: (request: IncomingMessage, response: ServerResponse, count: number) => void) {
  const seen = { count: 0 };
  const url = await listen(
    createServer((request, response) => {
      seen.count += 1;
      answer(request, response, seen.count);
    }),
  );
  return { url, seen };
}

/** The port of a server that has gone. */
async function deadUrl(): Promise<string> {
  const server = createTcpServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return `http://127.0.0.1:${port}`;
}

const text = (body: Uint8Array) => new TextDecoder().decode(body);
const failing = (code: string, outcome?: string) =>
  expect.objectContaining({
    code,
    ...(outcome ? { details: expect.objectContaining({ outcome }) as unknown } : {}),
  }) as Error;

/** What a request failed with; asked for early, so that no rejection goes unhandled meanwhile. */
const failureOf = (request: Promise<unknown>): Promise<unknown> =>
  request.then(
    () => "it succeeded",
    (error: unknown) => error,
  );

const DAY = 86_400_000;

/** Runs a request on a test clock, moving time on whenever the client waits for it. */
async function whileTimePasses<T>(clock: TestClock, work: Promise<T>): Promise<T> {
  const done = createGate();
  const settled = work.finally(() => done.open());
  settled.catch(() => {}); // the caller awaits it
  while (!done.isOpen) await clock.advance(250);
  return settled;
}

describe("createHttpClient", () => {
  it("sends method, headers, query and body, and answers with status, headers and bytes", async () => {
    const { url } = await httpServer(async (request, response) => {
      const chunks = await request.toArray();
      const { method, headers } = request;
      response.writeHead(201, { "X-Answer": "yes", "Set-Cookie": ["a=1", "b=2"] });
      response.end(
        JSON.stringify({
          method,
          url: request.url,
          type: headers["content-type"],
          body: Buffer.concat(chunks).toString(),
        }),
      );
    });
    const response = await client().request({
      method: "POST",
      url: `${url}/a%20b?q=привет#part`,
      headers: { "Content-Type": "text/plain" },
      body: "hé",
    });
    expect(response.status).toBe(201);
    expect(response.headers).toMatchObject({ "x-answer": "yes", "set-cookie": "a=1, b=2" });
    expect(JSON.parse(text(response.body))).toEqual({
      method: "POST",
      url: "/a%20b?q=%D0%BF%D1%80%D0%B8%D0%B2%D0%B5%D1%82",
      type: "text/plain",
      body: "hé",
    });
  });

  it("sends bytes as they are and takes an empty answer", async () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, index) => index);
    let received: Buffer | undefined;
    const { url } = await httpServer(async (request, response) => {
      received = Buffer.concat(await request.toArray());
      response.writeHead(204).end();
    });
    const response = await client().request({ method: "PUT", url, body: bytes });
    expect(received).toEqual(Buffer.from(bytes));
    expect([response.status, response.body.length]).toEqual([204, 0]);
  });

  it.each([301, 302, 307, 400, 404, 500])("answers a %i instead of following or throwing", async (status) => {
    const { url, seen } = await httpServer((_, response) =>
      response.writeHead(status, { location: "http://169.254.169.254/" }).end(),
    );
    expect((await client().request({ method: "GET", url })).status).toBe(status);
    expect(seen.count).toBe(1);
  });

  it("passes over informational answers", async () => {
    const { url } = await httpServer((_, response) => {
      response.writeProcessing();
      response.end("done");
    });
    const response = await client().request({ method: "GET", url });
    expect([response.status, text(response.body)]).toEqual([200, "done"]);
  });

  describe("addresses", () => {
    it("refuses a private address before it connects", async () => {
      const { url, seen } = await httpServer((_, response) => response.end());
      const guarded = client(systemClock, { allowedHosts: [] });
      await expect(guarded.request({ method: "GET", url })).rejects.toThrow(failing("CRM_HTTP_FORBIDDEN_ADDRESS"));
      expect(seen.count).toBe(0);
    });

    it.each([
      "http://127.1/",
      "http://2130706433/",
      "http://0x7f.0.0.1/",
      "http://[::1]/",
      "http://[::ffff:7f00:1]/",
      "http://169.254.169.254/latest/meta-data",
    ])("sees through %s", async (url) => {
      const guarded = client(systemClock, { allowedHosts: [] });
      await expect(guarded.request({ method: "GET", url })).rejects.toThrow(failing("CRM_HTTP_FORBIDDEN_ADDRESS"));
    });

    it("refuses a public name that resolves to a loopback address", async () => {
      const { url, seen } = await httpServer((_, response) => response.end());
      const rebound = client(systemClock, {
        allowedHosts: [],
        resolve: (_, __, callback) => callback(null, [{ address: "127.0.0.1", family: 4 }]),
      });
      const request = rebound.request({ method: "GET", url: url.replace("127.0.0.1", "innocent.example") });
      await expect(request).rejects.toThrow(failing("CRM_HTTP_FORBIDDEN_ADDRESS"));
      expect(seen.count).toBe(0);
    });

    it("refuses localhost through the system's resolver, and calls it when it is allowed", async () => {
      const { url } = await httpServer((_, response) => response.end("here"));
      const local = url.replace("127.0.0.1", "localhost");
      const refused = client(systemClock, { allowedHosts: [] }).request({ method: "GET", url: local });
      await expect(refused).rejects.toThrow(failing("CRM_HTTP_FORBIDDEN_ADDRESS"));
      const response = await client(systemClock, { allowedHosts: ["localhost"] }).request({
        method: "GET",
        url: local,
      });
      expect(text(response.body)).toBe("here");
    });

    it("leaves out the forbidden ones of a name with several addresses", async () => {
      const { url } = await httpServer((_, response) => response.end("reached"));
      const mixed = client(systemClock, {
        allowedHosts: ["127.0.0.1"],
        resolve: (_, __, callback) =>
          callback(null, [
            { address: "10.255.255.1", family: 4 },
            { address: "127.0.0.1", family: 4 },
          ]),
      });
      const response = await mixed.request({ method: "GET", url: url.replace("127.0.0.1", "two.example") });
      expect(text(response.body)).toBe("reached");
    });
  });

  describe("when nothing was sent", () => {
    it("says so for a refused connection", async () => {
      const request: HttpRequest = { method: "POST", url: `${await deadUrl()}/bot123456:token?key=hidden` };
      const error = await client()
        .request(request)
        .catch((error: unknown) => error);
      expect(error).toMatchObject({ code: "CRM_HTTP_UNREACHABLE", retryable: true, details: { outcome: "not-sent" } });
      expect(JSON.stringify(error) + String(error)).not.toMatch(/token|hidden/);
    });

    it("says so for a name that doesn't resolve", async () => {
      const lost = client(systemClock, {
        resolve: (_, __, callback) => callback(Object.assign(new Error("no such host"), { code: "ENOTFOUND" }), []),
      });
      await expect(lost.request({ method: "POST", url: "http://nowhere.example/" })).rejects.toThrow(
        failing("CRM_HTTP_UNREACHABLE", "not-sent"),
      );
    });

    it("says so for a connection that doesn't come about in time, and never sends it afterwards", async () => {
      const resolving = createGate();
      const closed = createGate();
      let received = "";
      const url = await listen(
        createTcpServer((socket) => {
          socket.on("data", (data) => (received += data.toString()));
          socket.on("close", () => closed.open());
        }),
      );
      const clock = createTestClock();
      const late = client(clock, {
        resolve: (_, __, callback) =>
          void resolving.opened.then(() => callback(null, [{ address: "127.0.0.1", family: 4 }])),
      });
      const request = late.request({ method: "POST", url: url.replace("127.0.0.1", "slow.example"), timeoutMs: 1_000 });
      const refused = failureOf(request);
      await clock.advance(1_000);
      expect(await refused).toEqual(failing("CRM_HTTP_UNREACHABLE", "not-sent"));
      resolving.open();
      await closed.opened;
      expect(received).toBe("");
    });

    it("says so for a TLS handshake that fails", async () => {
      const url = await listen(createTcpServer((socket) => socket.on("data", () => socket.end("not TLS at all\r\n"))));
      await expect(client().request({ method: "POST", url: url.replace("http:", "https:") })).rejects.toThrow(
        failing("CRM_HTTP_UNREACHABLE", "not-sent"),
      );
    });
  });

  describe("when the outcome is unknown", () => {
    it("times out on a server that takes the request and stays silent", async () => {
      const asked = createGate();
      const { url, seen } = await httpServer(() => asked.open());
      const clock = createTestClock();
      const request = client(clock).request({ method: "POST", url, body: "x", timeoutMs: 5_000 });
      const refused = failureOf(request);
      await asked.opened;
      await clock.advance(5_000);
      expect(await refused).toEqual(failing("CRM_HTTP_TIMEOUT", "unknown"));
      expect(seen.count).toBe(1);
      expect(clock.pending).toBe(0);
    });

    it("times out on an answer that never ends", async () => {
      const asked = createGate();
      const { url } = await httpServer((_, response) => {
        response.writeHead(200).write("a beginning");
        asked.open();
      });
      const clock = createTestClock();
      const request = client(clock).request({ method: "POST", url, timeoutMs: 5_000 });
      const refused = failureOf(request);
      await asked.opened;
      await clock.advance(5_000);
      expect(await refused).toEqual(failing("CRM_HTTP_TIMEOUT", "unknown"));
    });

    it.each([
      ["resets the connection", (socket: Socket) => socket.resetAndDestroy()],
      ["closes it without an answer", (socket: Socket) => socket.end()],
      [
        "closes it within the answer",
        (socket: Socket) => socket.end("HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhalf"),
      ],
      ["answers something that isn't HTTP", (socket: Socket) => socket.end("220 smtp.example ESMTP\r\n")],
    ])("says so when the server %s", async (_, misbehave) => {
      const url = await listen(createTcpServer((socket) => socket.once("data", () => misbehave(socket))));
      await expect(client().request({ method: "POST", url, body: "x" })).rejects.toThrow(
        failing("CRM_HTTP_INTERRUPTED", "unknown"),
      );
    });

    it("keeps saying so when a repetition can't be sent", async () => {
      const server = createTcpServer((socket) =>
        socket.once("data", () => {
          server.close();
          socket.destroy();
        }),
      );
      const url = await listen(server);
      const clock = createTestClock();
      await expect(
        whileTimePasses(clock, client(clock).request({ timeoutMs: DAY, method: "PUT", url, body: "x" })),
      ).rejects.toThrow(failing("CRM_HTTP_INTERRUPTED", "unknown"));
    });
  });

  describe("retries", () => {
    it("repeats what is safe to repeat until it works", async () => {
      const { url, seen } = await httpServer((_, response, count) => response.writeHead(count < 3 ? 503 : 200).end());
      const clock = createTestClock();
      const response = await whileTimePasses(clock, client(clock).request({ timeoutMs: DAY, method: "GET", url }));
      expect([response.status, seen.count]).toEqual([200, 3]);
    });

    it("answers with the last status when it doesn't", async () => {
      const { url, seen } = await httpServer((_, response) => response.writeHead(502).end("still down"));
      const clock = createTestClock();
      const response = await whileTimePasses(clock, client(clock).request({ timeoutMs: DAY, method: "DELETE", url }));
      expect([response.status, text(response.body), seen.count]).toEqual([502, "still down", 3]);
    });

    it("repeats a POST only when the caller says so", async () => {
      const { url, seen } = await httpServer((_, response) => response.writeHead(503).end());
      const clock = createTestClock();
      const patient = client(clock);
      expect((await patient.request({ method: "POST", url })).status).toBe(503);
      expect(seen.count).toBe(1);
      await whileTimePasses(clock, patient.request({ timeoutMs: DAY, method: "POST", url, retries: 1 }));
      expect(seen.count).toBe(3);
    });

    it("waits as long as Retry-After says", async () => {
      const clock = createTestClock();
      const times: number[] = [];
      const { url } = await httpServer((_, response, count) => {
        times.push(clock.now());
        response.writeHead(count === 1 ? 429 : 200, count === 1 ? { "retry-after": "7" } : {}).end();
      });
      const response = await whileTimePasses(clock, client(clock).request({ timeoutMs: DAY, method: "GET", url }));
      expect(response.status).toBe(200);
      expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(7_000);
    });

    it("hands a Retry-After that is too long to the caller", async () => {
      const { url, seen } = await httpServer((_, response) => response.writeHead(429, { "retry-after": "3600" }).end());
      const response = await client().request({ method: "GET", url });
      expect([response.status, response.headers["retry-after"], seen.count]).toEqual([429, "3600", 1]);
    });
  });

  describe("the circuit", () => {
    it("opens after repeated failures, answers at once, lets a probe through and closes", async () => {
      let healthy = false;
      const { url, seen } = await httpServer((_, response) => response.writeHead(healthy ? 200 : 500).end());
      const clock = createTestClock();
      const broken = client(clock);
      const call = (circuit?: string) => broken.request({ method: "GET", url, ...(circuit ? { circuit } : {}) });
      for (let attempt = 0; attempt < 5; attempt += 1) expect((await call()).status).toBe(500);
      await expect(call()).rejects.toThrow(
        expect.objectContaining({ code: "CRM_HTTP_CIRCUIT_OPEN", retryable: true, retryAfterMs: 1_000 }),
      );
      expect(seen.count).toBe(5);
      expect((await call("another")).status).toBe(500);
      await clock.advance(1_000);
      expect((await call()).status).toBe(500);
      await expect(call()).rejects.toThrow(expect.objectContaining({ retryAfterMs: 2_000 }));
      await clock.advance(2_000);
      healthy = true;
      expect((await call()).status).toBe(200);
      expect((await call()).status).toBe(200);
    });

    it("lets one probe through at a time", async () => {
      const probing = createGate<ServerResponse>();
      let hold = false;
      const { url } = await httpServer((_, response) =>
        hold ? probing.open(response) : response.writeHead(500).end(),
      );
      const clock = createTestClock();
      const broken = client(clock);
      for (let attempt = 0; attempt < 5; attempt += 1) await broken.request({ method: "GET", url });
      await clock.advance(1_000);
      hold = true;
      const probe = broken.request({ method: "GET", url });
      const held = await probing.opened;
      await expect(broken.request({ method: "GET", url })).rejects.toThrow(failing("CRM_HTTP_CIRCUIT_OPEN"));
      held.end();
      expect((await probe).status).toBe(200);
    });

    it("doesn't count a refusal of the other side or of the caller", async () => {
      const { url, seen } = await httpServer((_, response) => response.writeHead(429, { "retry-after": "60" }).end());
      const busy = client();
      for (let attempt = 0; attempt < 10; attempt += 1) await busy.request({ method: "GET", url });
      const aborted = busy.request({ method: "GET", url, signal: AbortSignal.abort(new Error("given up")) });
      await expect(aborted).rejects.toThrow("given up");
      expect(seen.count).toBe(10);
    });

    it("forgets closed circuits when there are very many", async () => {
      const { url } = await httpServer((_, response) => response.end());
      const many = client();
      for (let circuit = 0; circuit < 1_100; circuit += 1)
        await many.request({ method: "GET", url, circuit: `c${circuit}` });
      expect((await many.request({ method: "GET", url, circuit: "c0" })).status).toBe(200);
    });
  });

  describe("limits", () => {
    it("refuses an answer that is announced too large", async () => {
      const { url } = await httpServer((_, response) => response.end("x".repeat(2_000)));
      const small = client(systemClock, { maxResponseBytes: 1_000 });
      await expect(small.request({ method: "GET", url })).rejects.toThrow(failing("CRM_HTTP_TOO_LARGE"));
    });

    it("refuses an answer that turns out too large", async () => {
      const { url } = await httpServer((_, response) => {
        response.write("x".repeat(600));
        response.end("x".repeat(600));
      });
      const small = client(systemClock, { maxResponseBytes: 1_000 });
      await expect(small.request({ method: "GET", url })).rejects.toThrow(failing("CRM_HTTP_TOO_LARGE"));
      const exact = client(systemClock, { maxResponseBytes: 1_200 });
      expect((await exact.request({ method: "GET", url })).body.length).toBe(1_200);
    });
  });

  describe("the caller's signal", () => {
    it("ends a request under way with the signal's reason", async () => {
      const asked = createGate();
      const { url } = await httpServer(() => asked.open());
      const controller = new AbortController();
      const request = client().request({ method: "POST", url, signal: controller.signal });
      const refused = failureOf(request);
      await asked.opened;
      controller.abort(new Error("the process stops"));
      expect(await refused).toMatchObject({ message: "the process stops" });
    });

    it("ends the wait between two attempts", async () => {
      const { url, seen } = await httpServer((_, response) => response.writeHead(503, { "retry-after": "9" }).end());
      const controller = new AbortController();
      const clock = createTestClock();
      const request = client(clock).request({ method: "GET", url, signal: controller.signal });
      const refused = failureOf(request);
      await expect.poll(() => seen.count).toBe(1);
      await expect.poll(() => clock.pending).toBe(1);
      controller.abort(new Error("the process stops"));
      expect(await refused).toMatchObject({ message: "the process stops" });
      expect(clock.pending).toBe(0);
    });
  });

  it.each([
    ["a malformed URL", { method: "GET", url: "/relative" }],
    ["another protocol", { method: "GET", url: "file:///etc/passwd" }],
    ["credentials in the URL", { method: "GET", url: "http://user:pass@example.org/" }],
    ["a header that would smuggle another", { method: "GET", url: "http://127.0.0.1/", headers: { a: "b\r\nc: d" } }],
    ["a header name with a space", { method: "GET", url: "http://127.0.0.1/", headers: { "a b": "c" } }],
  ] as const)("refuses %s", async (_, request) => {
    await expect(client().request(request)).rejects.toThrow(failing("CRM_HTTP_INVALID_REQUEST"));
  });

  it("lets requests in flight finish when it closes, and refuses new ones", async () => {
    const asked = createGate<ServerResponse>();
    const { url } = await httpServer((_, response) => asked.open(response));
    const closing = client();
    const request = closing.request({ method: "GET", url, retries: 0 });
    const held = await asked.opened;
    const closed = closing.close(5_000);
    await expect(closing.request({ method: "GET", url, retries: 0 })).rejects.toThrow(failing("CRM_HTTP_UNREACHABLE"));
    held.end("finished");
    expect(text((await request).body)).toBe("finished");
    await closed;
  });

  it("refuses requests when it was closed before it was used", async () => {
    const { url, seen } = await httpServer((_, response) => response.end());
    const unused = client();
    await unused.close(0);
    await expect(unused.request({ method: "GET", url, retries: 0 })).rejects.toThrow(failing("CRM_HTTP_UNREACHABLE"));
    expect(seen.count).toBe(0);
  });

  it("ends requests in flight when they outlast the deadline for closing", async () => {
    const asked = createGate();
    const { url } = await httpServer(() => asked.open());
    const clock = createTestClock();
    const closing = client(clock);
    const request = closing.request({ method: "POST", url });
    const refused = failureOf(request);
    await asked.opened;
    const closed = closing.close(2_000);
    await clock.advance(2_000);
    expect(await refused).toEqual(failing("CRM_HTTP_INTERRUPTED"));
    await closed;
  });
});

describe("an answer of which only the beginning counts", () => {
  it("is cut where the caller asked, however long it is", async () => {
    const { url } = await httpServer((_, response) => {
      const more = () => {
        while (response.write("x".repeat(65_536)));
        response.once("drain", more);
      };
      response.writeHead(503, { "retry-after": "7" });
      more();
    });
    const response = await client().request({ method: "POST", url, keepBytes: 10 });
    expect([response.status, response.headers["retry-after"], text(response.body)]).toEqual([503, "7", "x".repeat(10)]);
  });

  it("is whole when it is shorter, and its announced length is no obstacle", async () => {
    const { url } = await httpServer((_, response) => response.end("short"));
    const http = client(systemClock, { maxResponseBytes: 2 });
    expect(text((await http.request({ method: "GET", url, keepBytes: 100 })).body)).toBe("short");
    await expect(http.request({ method: "GET", url })).rejects.toEqual(failing("CRM_HTTP_TOO_LARGE"));
  });
});

it("gives a connection up that takes longer than it may", async () => {
  const clock = createTestClock();
  const { url, seen } = await httpServer((_, response) => response.end());
  const names = createGate<never>();
  const http = client(clock, { allowedHosts: ["slow.example"], resolve: () => void names.opened });
  const request = { method: "POST", url: url.replace("127.0.0.1", "slow.example"), connectTimeoutMs: 500 } as const;
  const failure = failureOf(http.request(request));
  await clock.advance(500);
  expect(await failure).toEqual(failing("CRM_HTTP_UNREACHABLE", "not-sent"));
  expect(seen.count).toBe(0);
});
