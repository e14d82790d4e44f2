import type { ServerResponse } from "node:http";
import { CrmError } from "@crmessenger/kernel";
import type { ApiServices } from "../api/api-services.ts";
import { EventStream, type EventStreamRequest } from "./event-stream.ts";

const RETRY_AFTER_MS = 5_000;

/** The event streams that are open. */
export class EventStreams {
  readonly #services: ApiServices;
  readonly #open = new Set<EventStream>();

  constructor(services: ApiServices) {
    this.#services = services;
  }

  /** Serves one stream to its end. */
  async serve(response: ServerResponse, request: EventStreamRequest): Promise<void> {
    const { maxEventStreams } = this.#services.limits;
    if (this.#open.size >= maxEventStreams) {
      throw new CrmError("CRM_HTTP_TOO_MANY_STREAMS", `There are ${maxEventStreams} event streams already.`, {
        status: 503,
        retryable: true,
        retryAfterMs: RETRY_AFTER_MS,
      });
    }
    const stream = new EventStream(this.#services, response, request);
    this.#open.add(stream);
    try {
      await stream.run();
    } finally {
      this.#open.delete(stream);
    }
  }

  close(): void {
    for (const stream of this.#open) stream.end();
  }
}
