import { once } from "node:events";
import { connect } from "node:net";
import type { JsonObject } from "@crmessenger/kernel/infrastructure";
import { type TestClock, createTestClock } from "@crmessenger/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type App, type Call, problemOf, startApp } from "./support/start-app.ts";

let app: App;
let clock: TestClock;
const readers: Reader[] = [];

beforeEach(async () => {
  clock = createTestClock();
  app = await startApp({ clock, http: { maxEventStreams: 3 } });
});
afterEach(async () => {
  for (const reader of readers.splice(0)) await reader.leave();
  await app.kernel.stop();
});

function happen(topic: string, payload: JsonObject = {}): void {
  const number = app.ledger.events.length + 1;
  app.ledger.record({
    id: `event-${number}`,
    topic,
    version: 1,
    aggregate: { type: topic.split(".")[0] as string, id: "1" },
    payload,
    tenantId: "default",
    actor: { kind: "user", id: "owner" },
    correlationId: "c",
    causationId: null,
    occurredAt: "2026-01-05T09:00:00.000Z",
  });
}

interface Frame {
  readonly id?: string;
  readonly event?: string;
  readonly data?: { readonly position: number; readonly payload: JsonObject; readonly [field: string]: unknown };
}

/** Reads server-sent events as browsers do. */
class Reader {
  readonly frames: Frame[] = [];
  ended = false;
  readonly #aborter: AbortController;
  readonly #done: Promise<void>;

  constructor(response: Response, aborter: AbortController) {
    this.#aborter = aborter;
    this.#done = this.#read(response).catch(() => {}); // a test ends the stream, or the server does
    readers.push(this);
  }

  get events(): Frame[] {
    return this.frames.filter(({ data }) => data !== undefined);
  }

  get lastId(): string | undefined {
    return this.frames.findLast(({ id }) => id !== undefined)?.id;
  }

  async leave(): Promise<void> {
    this.#aborter.abort();
    await this.#done;
  }

  async #read(response: Response): Promise<void> {
    const decoder = new TextDecoder();
    let text = "";
    try {
      for await (const chunk of response.body as ReadableStream<Uint8Array>) {
        text += decoder.decode(chunk, { stream: true });
        const frames = text.split("\n\n");
        text = frames.pop() as string;
        this.frames.push(...frames.map(parse));
      }
    } finally {
      this.ended = true;
    }
  }
}

function parse(frame: string): Frame {
  const fields = Object.fromEntries(
    frame.split("\n").map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 2)]),
  );
  const { id, event, data } = fields;
  return {
    ...(id === undefined ? {} : { id }),
    ...(event === undefined ? {} : { event }),
    ...(data === undefined ? {} : { data: JSON.parse(data) as never }),
  };
}

async function open(query = "", call: Call = {}): Promise<Reader> {
  const aborter = new AbortController();
  const response = await app.call("GET", `/api/v1/events${query}`, { ...call, signal: aborter.signal });
  if (response.status !== 200) throw new Error(`${response.status} ${await response.text()}`);
  expect(response.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
  return new Reader(response, aborter);
}

const topics = (reader: Reader) => reader.events.map(({ event }) => event);

describe("events", () => {
  it("arrive as they happen, with their position as id", async () => {
    happen("lead.created", { earlier: true });
    const reader = await open();
    happen("lead.created", { n: 1, text: "two\nlines: \u2028 😀" });
    happen("message.received");
    await expect.poll(() => topics(reader)).toEqual(["lead.created", "message.received"]);
    expect(reader.events[0]).toMatchObject({
      id: "2",
      data: { position: 2, topic: "lead.created", version: 1, payload: { n: 1, text: "two\nlines: \u2028 😀" } },
    });
    expect(reader.events[0]?.data).not.toHaveProperty("tenantId");
  });

  it("go on after the last one seen, none missing and none twice", async () => {
    for (let index = 0; index < 250; index += 1) happen("lead.updated", { index });
    const first = await open("?after=0");
    await expect.poll(() => first.events.length).toBe(250);
    await first.leave();
    happen("lead.updated", { index: 250 });
    const second = await open("?after=7", { headers: { "last-event-id": first.lastId ?? "" } });
    await expect.poll(() => second.events.length).toBe(1);
    const seen = [...first.events, ...second.events].map(({ data }) => data?.position);
    expect(seen).toEqual(Array.from({ length: 251 }, (_, index) => index + 1));
  });

  it("begin with what is new when the position lies behind the end of the log", async () => {
    happen("lead.created");
    const reader = await open("", { headers: { "last-event-id": "999" } });
    happen("lead.updated");
    await expect.poll(() => topics(reader)).toEqual(["lead.updated"]);
  });

  it("can be chosen by topic, and what was passed over counts as seen", async () => {
    const reader = await open("?topics=lead.created,contact.created&after=0");
    happen("lead.created");
    happen("message.received");
    happen("contact.created");
    happen("message.received");
    await expect.poll(() => topics(reader)).toEqual(["lead.created", "contact.created"]);
    await clock.advance(15_000);
    await expect.poll(() => reader.lastId).toBe("4");
  });

  it("are kept from those who may see a part only, unless they are in it", async () => {
    const reader = await open("?after=0", { as: "clerk" });
    happen("lead.created", { lead: { id: "1", ownerId: "owner" } });
    happen("lead.created", { lead: { id: "2", ownerId: "clerk" } });
    happen("message.status-changed", { messageId: "3" });
    happen("message.status-changed", { messageId: "4", ownerId: "clerk" });
    await expect.poll(() => reader.events.map(({ data }) => data?.position)).toEqual([2, 4]);
  });

  it("stop when the session ends", async () => {
    const reader = await open("", { as: "clerk" });
    app.doorman.tokens.delete("clerk");
    await clock.advance(15_000);
    await expect.poll(() => reader.ended).toBe(true);
    expect(app.ledger.watchers).toBe(0);
  });

  it("are followed by heartbeats while nothing happens", async () => {
    const reader = await open();
    await expect.poll(() => reader.frames.length).toBe(1);
    await clock.advance(15_000);
    await expect.poll(() => reader.frames.length).toBe(2);
    expect(reader.events).toEqual([]);
    expect(reader.lastId).toBe("0");
  });

  it("are no longer watched for once the reader has left", async () => {
    const reader = await open();
    await expect.poll(() => app.ledger.watchers).toBe(1);
    await reader.leave();
    await expect.poll(() => app.ledger.watchers).toBe(0);
  });

  it("wait for a slow reader for a while, in little memory, and then cut it off", async () => {
    const socket = connect(Number(new URL(app.url).port), "127.0.0.1");
    const closed = once(socket, "close");
    socket.on("error", () => {}); // cut off
    socket.pause();
    socket.write("GET /api/v1/events?after=0 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer owner\r\n\r\n");
    const text = "x".repeat(100_000);
    for (let index = 0; index < 300; index += 1) happen("lead.updated", { text });
    await expect.poll(() => app.ledger.watchers).toBe(1);
    await expect
      .poll(
        async () => {
          await clock.advance(10_000);
          return app.ledger.watchers;
        },
        { timeout: 10_000 },
      )
      .toBe(0);
    socket.resume();
    await closed;
  });

  it("end with the stream when the log can't be read, and the reader comes back", async () => {
    const reader = await open();
    app.ledger.broken = true;
    happen("lead.created");
    await expect.poll(() => reader.ended).toBe(true);
    expect(app.kernel.log.lines.at(-1)).toMatchObject({ level: "error", message: "GET /api/v1/events failed." });
    app.ledger.broken = false;
    const again = await open("", { headers: { "last-event-id": reader.lastId ?? "" } });
    await expect.poll(() => topics(again)).toEqual(["lead.created"]);
  });

  it("are refused while the log can't be read", async () => {
    app.ledger.broken = true;
    const { head } = app.ledger.log;
    app.ledger.log.head = () => Promise.reject(new Error("connect ECONNREFUSED"));
    expect((await problemOf(await app.call("GET", "/api/v1/events"))).status).toBe(500);
    app.ledger.log.head = head;
    expect(app.ledger.watchers).toBe(0);
  });

  it("are not for any number of readers", async () => {
    for (let index = 0; index < 3; index += 1) await open();
    const refused = await app.call("GET", "/api/v1/events");
    expect(refused.headers.get("retry-after")).toBe("5");
    expect(await problemOf(refused)).toMatchObject({ status: 503, code: "CRM_HTTP_TOO_MANY_STREAMS" });
  });

  it("end when the application stops", async () => {
    const reader = await open();
    await app.kernel.stop();
    await expect.poll(() => reader.ended).toBe(true);
  });

  it.each([
    "?after=-1",
    "?after=x",
    "?after=1.5",
    "?topics=Lead",
    "?topics=a..b",
    `?topics=${Array.from({ length: 51 }, (_, n) => `a.b${n}`).join(",")}`,
  ])("refuse the query %s", async (query) => {
    expect((await problemOf(await app.call("GET", `/api/v1/events${query}`))).status).toBe(400);
  });

  it("need a caller with the permission", async () => {
    expect((await problemOf(await app.call("GET", "/api/v1/events", { as: null }))).status).toBe(401);
    expect((await problemOf(await app.call("GET", "/api/v1/events", { as: "guest" }))).status).toBe(403);
    expect((await problemOf(await app.call("GET", "/api/v1/events", { as: "limited" }))).status).toBe(403);
    expect((await app.call("HEAD", "/api/v1/events")).status).toBe(200);
  });
});
