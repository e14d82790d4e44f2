import { toCrmError } from "@crmessenger/kernel";
import type { Clock } from "@crmessenger/kernel/infrastructure";
import { type RpcTrouble, rpcTrouble } from "./rpc-trouble.ts";
import type { TelegramLink } from "./telegram-link.ts";

const FIRST_PAUSE_MS = 100;
const MAX_PAUSE_MS = 30_000;
/** Telegram is there and hangs up at once: wait, but not for long. */
const MAX_PAUSE_AFTER_OPEN_MS = 2_000;
/** A connection that held so long was a good one: the next pause is short again. */
const STEADY_MS = 1_000;

export type LoginLost = Extract<RpcTrouble, { kind: "login-lost" }>;

export interface LinkKeeperParts {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Opens a connection and makes sure that it is logged in. */
  readonly open: () => Promise<TelegramLink>;
  readonly onOpen: (link: TelegramLink) => void;
  /** The connection ended, or could not be opened; another attempt follows. `failures` counts those since the last good one. */
  readonly onDown: (reason: Error, failures: number) => void;
  /** There is no use in further attempts. */
  readonly onLoginLost: (trouble: LoginLost) => void;
}

/** Keeps a connection: whenever it ends, another one is opened, with growing pauses while that fails. */
export class LinkKeeper {
  readonly #parts: LinkKeeperParts;
  #link: TelegramLink | undefined;
  #opened = Promise.withResolvers<void>();
  #running: Promise<void> | undefined;

  constructor(parts: LinkKeeperParts) {
    this.#parts = parts;
    parts.signal.addEventListener("abort", () => this.#wake(), { once: true });
  }

  /** The connection there is. */
  get link(): TelegramLink | undefined {
    return this.#link;
  }

  /** The connection there is, or the next one. Rejects when the signal aborts. */
  async connected(): Promise<TelegramLink> {
    for (;;) {
      this.#parts.signal.throwIfAborted();
      if (this.#link !== undefined) return this.#link;
      await this.#opened.promise;
    }
  }

  /** Resolves when the first connection stands, or when the first attempt failed; goes on until the signal aborts. */
  start(): Promise<void> {
    const first = Promise.withResolvers<void>();
    this.#running = this.#run(first.resolve).finally(() => {
      first.resolve();
      this.#wake();
    });
    return first.promise;
  }

  /** Resolves when nothing is open or being opened any more, after the signal has aborted. */
  async stopped(): Promise<void> {
    this.#link?.close();
    await this.#running;
  }

  async #run(onFirstOutcome: () => void): Promise<void> {
    const { clock, signal, open, onOpen, onDown, onLoginLost } = this.#parts;
    for (let failures = 0; !signal.aborted;) {
      let openedAt: number | undefined;
      try {
        const link = await open();
        openedAt = clock.now();
        this.#link = link;
        onOpen(link);
        this.#wake();
        onFirstOutcome();
        throw await link.closed;
      } catch (error) {
        this.#link = undefined;
        if (signal.aborted) return;
        const trouble = rpcTrouble(error);
        if (trouble.kind === "login-lost") return onLoginLost(trouble);
        const steady = openedAt !== undefined && clock.now() - openedAt >= STEADY_MS;
        failures = steady ? 1 : failures + 1;
        onDown(error instanceof Error ? error : toCrmError(error), failures);
        onFirstOutcome();
        const asked = trouble.kind === "wait" ? trouble.seconds * 1000 : 0;
        const most = openedAt === undefined ? MAX_PAUSE_MS : MAX_PAUSE_AFTER_OPEN_MS;
        await this.#pause(Math.max(asked, jittered(failures, most)));
      }
    }
  }

  #wake(): void {
    this.#opened.resolve();
    this.#opened = Promise.withResolvers();
  }

  async #pause(milliseconds: number): Promise<void> {
    const { clock, signal } = this.#parts;
    try {
      await clock.sleep(milliseconds, signal);
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }
}

/** Half of it by chance, so that many accounts do not come back at the same moment. */
function jittered(failures: number, most: number): number {
  const pause = Math.min(most, FIRST_PAUSE_MS * 2 ** (failures - 1));
  return pause / 2 + (Math.random() * pause) / 2;
}
