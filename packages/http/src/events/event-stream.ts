import type { ServerResponse } from "node:http";
import { isCrmError, runWithContext } from "@crmessenger/kernel";
import { type StoredEvent, matches } from "@crmessenger/kernel/infrastructure";
import type { Criteria, JsonObject } from "@crmessenger/kernel/infrastructure";
import type { ApiServices } from "../api/api-services.ts";
import type { Caller } from "../request/caller.ts";
import type { EventVersions } from "./event-versions.ts";
import { scopeOf } from "../request/require-permission.ts";

export interface EventStreamRequest {
  readonly caller: Caller;
  /** Finds out anew who calls and whether they may: a stream outlives the session it was opened with. */
  readonly admit: () => Promise<Caller>;
  readonly topics: readonly string[] | undefined;
  /** The position to begin after; undefined for the end of the log. */
  readonly after: number | undefined;
  readonly versions: EventVersions;
}

/** Whoever holds it for all sees every event; for a part, the events whose record is in that part. */
export const EVENTS_PERMISSION = "infrastructure.event.read";

const PAGE = 100;
const HEARTBEAT_MS = 15_000;
/** A reader that takes nothing for so long is cut off; it comes back with its last position. */
const PATIENCE_MS = 30_000;

/**
 * One reader of the event log. It reads a page at a time and only once the one before has left, so that a slow
 * reader costs no memory.
 */
export class EventStream {
  readonly #services: ApiServices;
  readonly #response: ServerResponse;
  readonly #request: EventStreamRequest;
  #ended = false;
  /** Something may be there to read. */
  #awake = true;
  #wake: () => void = () => {};

  constructor(services: ApiServices, response: ServerResponse, request: EventStreamRequest) {
    this.#services = services;
    this.#response = response;
    this.#request = request;
  }

  /** Resolves when the stream has ended, by either side. */
  async run(): Promise<void> {
    const { events } = this.#services;
    const unwatch = events.watch(() => this.#rouse());
    this.#response.on("close", () => this.end());
    try {
      await this.#follow();
    } finally {
      unwatch();
      if (this.#response.headersSent) this.#response.end();
    }
  }

  end(): void {
    this.#ended = true;
    this.#rouse();
  }

  async #follow(): Promise<void> {
    let { caller } = this.#request;
    let position = await this.#firstPosition(caller);
    let scope = await this.#scope(caller);
    this.#response.writeHead(200, {
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-store",
      "x-accel-buffering": "no",
    });
    await this.#write(heartbeat(position));
    let checkAt = this.#services.clock.now() + HEARTBEAT_MS;
    while (!this.#ended) {
      position = await this.#sendFrom(position, caller, scope);
      await this.#pause(checkAt - this.#services.clock.now());
      if (this.#ended || this.#services.clock.now() < checkAt) continue;
      const admitted = await this.#readmit();
      if (!admitted) return;
      caller = admitted;
      scope = await this.#scope(caller);
      await this.#write(heartbeat(position));
      checkAt = this.#services.clock.now() + HEARTBEAT_MS;
    }
  }

  /** Sends what there is after the position; answers the position up to which everything has been looked at. */
  async #sendFrom(position: number, caller: Caller, scope: Criteria): Promise<number> {
    const { events } = this.#services;
    const { topics, versions } = this.#request;
    let at = position;
    while (!this.#ended) {
      this.#awake = false;
      const [head, page] = await runWithContext(caller.context, async () => {
        const seen = await events.head();
        return [seen, await events.read({ after: at, limit: PAGE, ...(topics ? { topics } : {}) })] as const;
      });
      const last = page.at(-1)?.position ?? at;
      const visible = page.filter((event) => matches(scope, subjectOf(versions.current(event))));
      if (visible.length > 0) await this.#write(await this.#framesOf(visible, caller));
      at = page.length < PAGE ? Math.max(last, head) : last;
      if (page.length < PAGE) return at;
    }
    return at;
  }

  #framesOf(events: readonly StoredEvent[], { context }: Caller): Promise<string> {
    const { versions } = this.#request;
    return runWithContext(context, async () => {
      let frames = "";
      for (const event of events) frames += toFrame(await this.#services.shown(versions.forReader(event)));
      return frames;
    });
  }

  async #firstPosition({ context }: Caller): Promise<number> {
    const head = await runWithContext(context, () => this.#services.events.head());
    return Math.min(this.#request.after ?? head, head);
  }

  #scope({ context, subject }: Caller): Promise<Criteria> {
    return runWithContext(context, () => scopeOf(this.#services.permissions, subject, EVENTS_PERMISSION));
  }

  async #readmit(): Promise<Caller | undefined> {
    try {
      return await this.#request.admit();
    } catch (error) {
      if (isCrmError(error) && error.status < 500) return undefined; // signed out, or no longer permitted
      throw error;
    }
  }

  #rouse(): void {
    this.#awake = true;
    this.#wake();
  }

  /** Until something may be there to read, the stream ends, or the time is over. */
  async #pause(milliseconds: number): Promise<void> {
    if (this.#awake || this.#ended || milliseconds <= 0) return;
    await new Promise<void>((resolve) => {
      const cancel = this.#services.clock.schedule(milliseconds, resolve);
      this.#wake = () => {
        cancel();
        resolve();
      };
    });
    this.#wake = () => {};
  }

  /** Resolves once there is room for more. */
  async #write(text: string): Promise<void> {
    const response = this.#response;
    if (this.#ended || response.write(text)) return;
    await new Promise<void>((resolve) => {
      const cancel = this.#services.clock.schedule(PATIENCE_MS, () => response.destroy());
      const done = () => {
        cancel();
        response.off("drain", done);
        response.off("close", done);
        resolve();
      };
      response.on("drain", done);
      response.on("close", done);
    });
  }
}

/** A comment with an id: it reaches no handler, but a reader that comes back need not start where it last got an event. */
function heartbeat(position: number): string {
  return `: heartbeat\nid: ${position}\n\n`;
}

function toFrame(stored: StoredEvent): string {
  const { tenantId: _, ...event } = stored;
  return `id: ${event.position}\nevent: ${event.topic}\ndata: ${JSON.stringify(event)}\n\n`;
}

/** What a scope narrower than everything is judged by: the record of the aggregate where the event carries it. */
function subjectOf({ payload, aggregate }: StoredEvent): JsonObject {
  const record = payload[aggregate.type];
  return typeof record === "object" && record !== null && !Array.isArray(record) ? (record as JsonObject) : payload;
}
