import type { Clock, Collection, Collections, Logger } from "@crmessenger/kernel/infrastructure";
import { defineCollection } from "@crmessenger/kernel/infrastructure";
import { z } from "zod";
import { blocked, needsLogin } from "../api/errors.ts";

const states = z.enum(["connected", "needs-login", "blocked"]);

/** The condition of the account, with the reason a person can act on. */
export const connectionState = z.object({ state: states, reason: z.string(), since: z.string() });
export type ConnectionState = z.infer<typeof connectionState>;

const ConnectionStates = defineCollection("amocrm.connection", { schema: connectionState });
const KEY = "account";
/** How long a state that another process may have changed is believed. */
const BELIEVED_MS = 1_000;

/** Whether amoCRM can be talked to: kept for all processes, told to those who wait for it. */
export class Connection {
  readonly #collection: Collection<ConnectionState>;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #listeners: ((state: ConnectionState["state"]) => Promise<void>)[] = [];
  #state: ConnectionState = { state: "connected", reason: "", since: "" };
  #readAt = 0;

  constructor(collections: Collections, clock: Clock, logger: Logger) {
    this.#collection = collections.open(ConnectionStates);
    this.#clock = clock;
    this.#logger = logger;
  }

  /** The state as last known here. */
  get current(): ConnectionState {
    return this.#state;
  }

  /** Called whenever the state is another one, whoever changed it. */
  onChange(listener: (state: ConnectionState["state"]) => Promise<void>): void {
    this.#listeners.push(listener);
  }

  /** Reads the state that all processes share. */
  async refresh(): Promise<ConnectionState> {
    const stored = await this.#collection.get(KEY);
    this.#readAt = this.#clock.now();
    const before = this.#state.state;
    if (stored !== undefined) this.#state = stored.value;
    if (before !== this.#state.state) await this.#tell();
    return this.#state;
  }

  /** Stores another state; nothing happens when it is the same. */
  async change(state: ConnectionState["state"], reason: string): Promise<void> {
    const before = this.#state;
    if (before.state === state && before.reason === reason && before.since !== "") return;
    const next = { state, reason, since: new Date(this.#clock.now()).toISOString() };
    await this.#collection.put(KEY, next);
    this.#state = next;
    this.#readAt = this.#clock.now();
    if (state === "connected") this.#logger.info("amoCRM is connected.");
    else this.#logger.warn(reason, { state });
    if (before.state !== state) await this.#tell();
  }

  /** Resolves when amoCRM may be talked to; otherwise `CRM_AMOCRM_NEEDS_LOGIN` or `CRM_AMOCRM_BLOCKED`. */
  async requireOpen(): Promise<void> {
    if (this.#state.state === "connected") return;
    if (this.#clock.now() - this.#readAt > BELIEVED_MS) await this.refresh();
    if (this.#state.state === "needs-login") throw needsLogin(this.#state.reason);
    if (this.#state.state === "blocked") throw blocked();
  }

  async #tell(): Promise<void> {
    for (const listener of this.#listeners) await listener(this.#state.state);
  }
}
