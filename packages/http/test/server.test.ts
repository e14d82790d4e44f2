import { once } from "node:events";
import { type Server, createServer, request } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { createKernel } from "@crmessenger/kernel";
import { HttpServer, json } from "@crmessenger/kernel/http";
import { createGate, createTestClock } from "@crmessenger/testing";
import { afterEach, describe, expect, it } from "vitest";
import { http, requestHandler } from "../src/index.ts";
import { Ledger, ledgerPlugin } from "./support/ledger.ts";
import { problemOf, startApp } from "./support/start-app.ts";

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function listen(server: Server): Promise<number> {
  servers.push(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

describe("listening", () => {
  it("says where", async () => {
    await using app = await startApp();
    const { url, port } = app.kernel.get(HttpServer);
    expect(port).toBeGreaterThan(0);
    expect(url).toBe(`http://127.0.0.1:${port}`);
  });

  it.each([
    ["0.0.0.0", /^http:\/\/127\.0\.0\.1:\d+$/],
    ["localhost", /^http:\/\/localhost:\d+$/],
    ["::1", /^http:\/\/\[::1\]:\d+$/],
  ])("on %s says how to call it from here", async (host, expected) => {
    await using app = await startApp({ http: { host } });
    expect(app.url).toMatch(expected);
    expect((await app.call("GET", "/ready")).status).toBe(200);
  });

  it("on a busy port stops the boot, naming the port and the way out", async () => {
    const port = await listen(createServer());
    const boot = createKernel({ plugins: [http({ port }), ledgerPlugin(new Ledger())], environment: {} });
    await expect(boot).rejects.toThrow(
      expect.objectContaining({
        code: "CRM_PLUGIN_START",
        message: expect.stringMatching(
          `Port ${port} on 127.0.0.1 is in use by another program.*http\\(\\{ port \\}\\)`,
        ) as string,
        cause: expect.objectContaining({ code: "CRM_HTTP_PORT_BUSY" }) as unknown,
      }),
    );
  });

  it("on an address of another machine stops the boot as well", async () => {
    const boot = createKernel({
      plugins: [http({ host: "192.0.2.1", port: 0 }), ledgerPlugin(new Ledger())],
      environment: {},
    });
    await expect(boot).rejects.toThrow(
      expect.objectContaining({ cause: expect.objectContaining({ code: "CRM_HTTP_LISTEN" }) as unknown }),
    );
  });

  it.each([{ port: -1 }, { port: 70_000 }, { host: "" }, { prt: 1 }, { maxJsonBytes: 0 }])(
    "refuses the options %j",
    async (options) => {
      const boot = createKernel({ plugins: [http(options as never), ledgerPlugin(new Ledger())], environment: {} });
      await expect(boot).rejects.toThrow(expect.objectContaining({ code: "CRM_PLUGIN_OPTIONS" }));
    },
  );
});

describe("stopping", () => {
  it("lets requests in flight finish and takes no new ones", async () => {
    const entered = createGate();
    const leave = createGate();
    const app = await startApp({
      routes: [
        {
          method: "GET",
          path: "/slow",
          authentication: "none",
          handle: async () => {
            entered.open();
            await leave.opened;
            return json(200, { done: true });
          },
        },
      ],
    });
    const slow = app.call("GET", "/slow");
    await entered.opened;
    const stopped = app.kernel.stop();
    await expect(app.call("GET", "/ready")).rejects.toThrow("fetch failed");
    leave.open();
    const response = await slow;
    expect([response.status, await response.json()]).toEqual([200, { done: true }]);
    await stopped;
  });

  it("refuses what still comes over an open connection, and closes it", async () => {
    const entered = createGate();
    const leave = createGate();
    const app = await startApp({
      routes: [
        {
          method: "GET",
          path: "/slow",
          authentication: "none",
          handle: async () => {
            entered.open();
            await leave.opened;
            return json(200, {});
          },
        },
      ],
    });
    const socket = connect(app.kernel.get(HttpServer).port, "127.0.0.1");
    let answers = "";
    socket.on("data", (data) => (answers += data.toString()));
    const closed = once(socket, "close");
    socket.write("GET /slow HTTP/1.1\r\nHost: x\r\n\r\nGET /ready HTTP/1.1\r\nHost: x\r\n\r\n");
    await entered.opened;
    const stopped = app.kernel.stop();
    socket.write("GET /ready HTTP/1.1\r\nHost: x\r\n\r\n");
    await expect
      .poll(() =>
        fetch(app.url).then(
          () => "answered",
          () => "refused",
        ),
      )
      .toBe("refused");
    leave.open();
    await closed;
    await stopped;
    expect(answers).toMatch(/HTTP\/1\.1 200 OK/);
    expect(answers).toMatch(/HTTP\/1\.1 503 Service Unavailable[\s\S]*connection: close/i);
    expect(answers).toContain("CRM_HTTP_CLOSED");
  });

  it("cuts off what outlasts the deadline", async () => {
    const clock = createTestClock();
    const entered = createGate();
    const app = await startApp({
      clock,
      http: { stopDeadlineMs: 2_000 },
      routes: [
        {
          method: "GET",
          path: "/stuck",
          authentication: "none",
          handle: () => {
            entered.open();
            return new Promise(() => {});
          },
        },
      ],
    });
    const stuck = app.call("GET", "/stuck").then(
      () => "answered",
      () => "cut off",
    );
    await entered.opened;
    const stopped = app.kernel.stop();
    await expect.poll(() => clock.pending).toBe(1);
    await clock.advance(2_000);
    await stopped;
    expect(await stuck).toBe("cut off");
    expect(clock.pending).toBe(0);
  });

  it("doesn't wait for connections that never asked for anything", async () => {
    const app = await startApp();
    const socket = connect(app.kernel.get(HttpServer).port, "127.0.0.1");
    socket.on("error", () => {}); // cut off
    await once(socket, "connect");
    await app.kernel.stop();
  });

  it("forgets where it listened", async () => {
    const app = await startApp();
    await app.kernel.stop();
    expect(() => app.kernel.get(HttpServer).url).toThrow(expect.objectContaining({ code: "CRM_HTTP_NOT_LISTENING" }));
  });
});

describe("inside a server of somebody else", () => {
  const boot = (listenToo = false) =>
    createKernel({
      plugins: [http({ listen: listenToo }), ledgerPlugin(new Ledger())],
      environment: {},
      logger: {
        debug() {},
        info() {},
        warn() {},
        error() {},
        child() {
          return this;
        },
      },
    });

  it("serves what is the application's and passes the rest on", async () => {
    await using kernel = await boot();
    expect(() => kernel.get(HttpServer).port).toThrow(expect.objectContaining({ code: "CRM_HTTP_NOT_LISTENING" }));
    const handle = requestHandler(kernel);
    const port = await listen(
      createServer((request, response) => handle(request, response, () => response.end("theirs"))),
    );
    const get = (path: string) => fetch(`http://127.0.0.1:${port}${path}`);
    expect(await (await get("/anything")).text()).toBe("theirs");
    expect(await (await get("/")).text()).toBe("theirs");
    expect((await get("/ready")).status).toBe(200);
    expect((await problemOf(await get("/api/unknown"))).status).toBe(404);
  });

  it("answers everything where nobody follows", async () => {
    await using kernel = await boot();
    const port = await listen(createServer(requestHandler(kernel)));
    expect((await problemOf(await fetch(`http://127.0.0.1:${port}/anything`))).status).toBe(404);
  });

  it("refuses once the kernel has stopped", async () => {
    const kernel = await boot();
    const port = await listen(createServer(requestHandler(kernel)));
    await kernel.stop();
    const response = await fetch(`http://127.0.0.1:${port}/ready`);
    expect(response.headers.get("retry-after")).toBe("1");
    expect(await problemOf(response)).toMatchObject({ status: 503, code: "CRM_HTTP_CLOSED" });
    const status = await new Promise((resolve) =>
      request({ port, method: "HEAD", path: "/ready" }, (head) => resolve(head.resume().statusCode)).end(),
    );
    expect(status).toBe(503);
  });
});
