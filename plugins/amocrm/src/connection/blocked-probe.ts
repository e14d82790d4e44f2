import type { Clock, Jobs } from "@crmessenger/kernel/infrastructure";
import type { RestApi } from "../api/rest-api.ts";
import { ONLY, ProbeBlocked } from "../jobs/definitions.ts";
import type { Connection } from "./connection.ts";

/** Asks from time to time whether a blocked account is let in again. It is the only request while it is blocked. */
export class BlockedProbe {
  readonly #rest: RestApi;
  readonly #connection: Connection;
  readonly #jobs: Jobs;
  readonly #clock: Clock;
  readonly #everyMs: number;

  constructor(parts: { rest: RestApi; connection: Connection; jobs: Jobs; clock: Clock; everyMs: number }) {
    this.#rest = parts.rest;
    this.#connection = parts.connection;
    this.#jobs = parts.jobs;
    this.#clock = parts.clock;
    this.#everyMs = parts.everyMs;
  }

  /** Sees to it that a probe comes. */
  async schedule(): Promise<void> {
    const runAt = new Date(this.#clock.now() + this.#everyMs).toISOString();
    await this.#jobs.enqueue(ProbeBlocked, { failures: 0 }, { key: ONLY, runAt });
  }

  /** Probes once. */
  async run(): Promise<void> {
    const { state } = await this.#connection.refresh();
    if (state !== "blocked") return;
    if (await this.#rest.probe()) await this.#connection.change("connected", "");
    else await this.schedule();
  }
}
