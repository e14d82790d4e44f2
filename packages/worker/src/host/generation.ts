import type { Logger } from "@crmessenger/kernel/infrastructure";
import type { CallOptions, Caller, Step } from "../rpc/caller.ts";
import type { Contexts } from "../rpc/context-wire.ts";
import type { Definitions } from "../rpc/definitions.ts";
import { type Message, type Root, isMessage } from "../rpc/messages.ts";
import { Peer } from "../rpc/peer.ts";
import { type EndCause, GARBAGE, HANGS, STOPPED, causeOfError, endedError } from "./end-cause.ts";
import type { Limits } from "./limits.ts";
import { Watchdog } from "./watchdog.ts";
import { WorkerProcess } from "./worker-process.ts";

export interface GenerationOptions {
  readonly plugin: string;
  readonly limits: Limits;
  readonly contexts: Contexts;
  readonly definitions: Definitions;
  readonly logger: () => Logger;
  offered(name: string): unknown;
  /** Who calls a handle that outlives a generation. */
  callerOf(handle: number): Caller | undefined;
  /** Whether a message may be served now; what may not is dropped, or kept by whoever says so. */
  admit(message: Message): boolean;
  /** Called once, when it is gone. */
  ended(cause: EndCause): void;
}

/** One worker from its start to its end. */
export class Generation implements Caller {
  readonly #options: GenerationOptions;
  readonly #process: WorkerProcess;
  readonly #peer: Peer;
  readonly #watchdog: Watchdog;
  #calls = 0;
  #held = false;
  #isWatched = false;
  /** What the process said of its own end. */
  #lastWords: EndCause | undefined;
  #cause: EndCause | undefined;

  constructor(options: GenerationOptions) {
    this.#options = options;
    const { plugin, limits, logger } = options;
    this.#process = new WorkerProcess({
      plugin,
      memoryMb: limits.memoryMb,
      logger,
      received: (value) => this.#received(value),
      garbled: () => this.end(GARBAGE),
      gone: (cause) => this.end(this.#lastWords ?? cause),
    });
    this.#peer = this.#createPeer();
    this.#watchdog = new Watchdog(
      { ping: () => this.#process.post({ type: "ping" }), hangs: () => this.end(HANGS) },
      limits.unresponsiveMs,
    );
  }

  get isAlive(): boolean {
    return this.#cause === undefined;
  }

  /** Resolves when the process is gone. */
  get gone(): Promise<void> {
    return this.#process.gone;
  }

  /** From now on a worker that stands still is ended. */
  watch(): void {
    this.#isWatched = true;
    this.#watchdog.watch(this.#calls > 0);
  }

  /** Whether it keeps this process alive although nothing is asked of it. */
  hold(held: boolean): void {
    this.#held = held;
    this.#refresh();
  }

  async call(root: Root, steps: readonly Step[], options?: CallOptions): Promise<unknown> {
    this.#calls += 1;
    this.#refresh();
    try {
      return await this.#peer.call(root, steps, options);
    } finally {
      this.#calls -= 1;
      this.#refresh();
    }
  }

  tell(root: Root, steps: readonly Step[]): void {
    this.#peer.tell(root, steps);
  }

  wait(root: Root, steps: readonly Step[]): unknown {
    return this.#peer.wait(root, steps);
  }

  /** Takes a message that was kept back. */
  receive(message: Message, report: (error: unknown) => void): void {
    if (message.type === "tell") this.#peer.receiveTold(message, report);
    else this.#peer.receive(message);
  }

  /** Ends the worker, whatever it is doing. */
  end(cause: EndCause = STOPPED): void {
    if (this.#cause) return;
    this.#cause = cause;
    this.#watchdog.stop();
    this.#process.kill();
    this.#peer.end((purpose) => endedError(this.#options.plugin, cause, purpose));
    this.#options.ended(cause);
  }

  #createPeer(): Peer {
    const { plugin, contexts, definitions } = this.#options;
    return new Peer({
      plugin,
      contexts,
      definitions,
      post: (message) => this.#process.post(message),
      answerWaiting: (message) => this.#process.answer(message),
      offered: (name) => this.#options.offered(name),
      callerOf: (handle) => this.#options.callerOf(handle) ?? this,
      report: (error) => this.#report(error),
      late: () => this.#watchdog.watch(this.#isWatched),
      pong: () => this.#watchdog.pong(),
    });
  }

  /** What has the form of a message may still be garbage inside. */
  #received(value: unknown): void {
    if (this.#cause) return;
    if (!isMessage(value)) return this.end(GARBAGE);
    if (value.type === "fatal") {
      this.#lastWords = causeOfError(value.error);
      return;
    }
    if (!this.#options.admit(value)) return;
    try {
      this.#peer.receive(value);
    } catch (error) {
      this.#report(error);
      this.end(GARBAGE);
    }
  }

  #refresh(): void {
    this.#process.hold(this.#calls > 0 || this.#held);
    if (this.#isWatched && !this.#cause) this.#watchdog.watch(this.#calls > 0);
  }

  #report(error: unknown): void {
    const { plugin, logger } = this.#options;
    logger().error(`Plugin "${plugin}" made a call that failed, and did not wait for it: ${String(error)}`);
  }
}
