import type { Logger } from "@crmessenger/kernel/infrastructure";
import pg from "pg";
import { translateError } from "./translate-error.ts";

type Wake = (payload: string) => void;

const FIRST_RETRY_MS = 100;
const LAST_RETRY_MS = 5_000;

/**
 * One connection of its own for LISTEN, opened with the first listener. A lost one is replaced, and every listener
 * is then woken once, since notifications may have been missed in between.
 */
export class PostgresListener {
  readonly #create: () => pg.Client;
  readonly #logger: Logger;
  readonly #wakes = new Map<string, Set<Wake>>();
  #client: Promise<pg.Client> | undefined;
  #retry: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(create: () => pg.Client, logger: Logger) {
    this.#create = create;
    this.#logger = logger;
  }

  async listen(channel: string, wake: Wake): Promise<() => Promise<void>> {
    const known = this.#wakes.get(channel);
    if (known) known.add(wake);
    else this.#wakes.set(channel, new Set([wake]));
    try {
      const client = await (this.#client ??= this.#connect());
      await client.query(`listen ${pg.escapeIdentifier(channel)}`);
    } catch (error) {
      this.#forget(channel, wake);
      throw translateError(error);
    }
    return () => this.#unlisten(channel, wake);
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#retry);
    const client = await this.#client?.catch(() => undefined);
    await client?.end();
  }

  async #unlisten(channel: string, wake: Wake): Promise<void> {
    this.#forget(channel, wake);
    if (this.#wakes.has(channel) || this.#closed) return;
    const client = await this.#client?.catch(() => undefined);
    await client?.query(`unlisten ${pg.escapeIdentifier(channel)}`).catch(() => {}); // a lost connection listens to nothing
  }

  #forget(channel: string, wake: Wake): void {
    const wakes = this.#wakes.get(channel);
    wakes?.delete(wake);
    if (wakes?.size === 0) this.#wakes.delete(channel);
  }

  async #connect(): Promise<pg.Client> {
    const client = this.#create();
    client.on("notification", ({ channel, payload }) => this.#wake(channel, payload ?? ""));
    client.on("error", (error) =>
      this.#logger.warn("The connection for notifications was lost.", { reason: error.message }),
    );
    try {
      await client.connect();
    } catch (error) {
      this.#client = undefined;
      throw error;
    }
    client.on("end", () => this.#reconnect(FIRST_RETRY_MS));
    return client;
  }

  #reconnect(delayMs: number): void {
    this.#client = undefined;
    if (this.#closed || this.#wakes.size === 0) return;
    this.#retry = setTimeout(() => {
      this.#resume().catch((error: unknown) => {
        this.#logger.warn("No connection for notifications yet.", { reason: translateError(error).message });
        this.#reconnect(Math.min(delayMs * 2, LAST_RETRY_MS));
      });
    }, delayMs);
    this.#retry.unref();
  }

  async #resume(): Promise<void> {
    const client = await (this.#client ??= this.#connect());
    for (const channel of this.#wakes.keys()) await client.query(`listen ${pg.escapeIdentifier(channel)}`);
    for (const channel of this.#wakes.keys()) this.#wake(channel, "");
  }

  #wake(channel: string, payload: string): void {
    for (const wake of this.#wakes.get(channel) ?? []) wake(payload);
  }
}
