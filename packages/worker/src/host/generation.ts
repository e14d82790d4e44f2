import { MessageChannel, type MessagePort, Worker } from "node:worker_threads";
import type { Logger } from "@crmessenger/kernel/infrastructure";
import type { CallOptions, Caller, Step } from "../rpc/caller.ts";
import type { Contexts } from "../rpc/context-wire.ts";
import type { Definitions } from "../rpc/definitions.ts";
import { type AnswerMessage, type Message, type Root, isMessage } from "../rpc/messages.ts";
import { Peer } from "../rpc/peer.ts";
import { answeringPort } from "../rpc/waiting.ts";
import { type EndCause, GARBAGE, HANGS, STOPPED, causeOfError, causeOfExit, endedError } from "./end-cause.ts";
import type { Limits } from "./limits.ts";
import { logLines } from "./log-lines.ts";
import { Watchdog } from "./watchdog.ts";

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

/** From sources the worker runs sources too, so that both hold the same packages. */
const EXTENSION = import.meta.url.endsWith(".ts") ? "ts" : "js";
const ENTRY = new URL(`../thread/entry.${EXTENSION}`, import.meta.url);
const EXEC_ARGV = EXTENSION === "ts" ? { execArgv: ["--conditions=@crmessenger/source"] } : {};

/** One worker from its start to its end. */
export class Generation implements Caller {
  readonly #options: GenerationOptions;
  readonly #worker: Worker;
  readonly #peer: Peer;
  readonly #answers: MessagePort;
  readonly #watchdog: Watchdog;
  #calls = 0;
  #held = false;
  #cause: EndCause | undefined;
  #isWatched = false;

  constructor(options: GenerationOptions) {
    this.#options = options;
    const { port1, port2 } = new MessageChannel();
    const { answer, flag } = answeringPort(port1);
    this.#answers = port1;
    this.#worker = new Worker(ENTRY, {
      ...EXEC_ARGV,
      name: options.plugin,
      env: {},
      argv: [],
      stdout: true,
      stderr: true,
      workerData: { answers: port2, flag, plugin: options.plugin },
      transferList: [port2],
      resourceLimits: { maxOldGenerationSizeMb: options.limits.memoryMb },
    });
    this.#peer = this.#createPeer(answer);
    this.#watchdog = new Watchdog(
      { ping: () => this.#post({ type: "ping", count: 0 }, []), hangs: () => this.end(HANGS) },
      options.limits.unresponsiveMs,
    );
    this.#listen();
  }

  get isAlive(): boolean {
    return this.#cause === undefined;
  }

  /** From now on a thread that stands still is ended. */
  watch(): void {
    this.#isWatched = true;
    this.#watchdog.watch(this.#calls > 0);
  }

  /** Whether it keeps the process alive although nothing is asked of it. */
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
    this.#answers.close();
    this.#peer.end((purpose) => endedError(this.#options.plugin, cause, purpose));
    void this.terminated();
    this.#options.ended(cause);
  }

  /** Resolves when the thread is gone. */
  async terminated(): Promise<void> {
    await this.#worker.terminate();
  }

  #createPeer(answerWaiting: (message: AnswerMessage) => void): Peer {
    const { plugin, contexts, definitions } = this.#options;
    return new Peer({
      plugin,
      contexts,
      definitions,
      answerWaiting,
      post: (message, transfer) => this.#post(message, transfer),
      offered: (name) => this.#options.offered(name),
      callerOf: (handle) => this.#options.callerOf(handle) ?? this,
      report: (error) => this.#report(error),
      late: () => this.#watchdog.watch(this.#isWatched),
      pong: () => this.#watchdog.pong(),
    });
  }

  #listen(): void {
    const worker = this.#worker;
    worker.on("message", (message: unknown) => {
      if (this.#cause) return;
      if (!isMessage(message)) this.end(GARBAGE);
      else if (this.#options.admit(message)) this.#receive(message);
    });
    worker.on("messageerror", () => this.end(GARBAGE));
    worker.on("error", (error: unknown) => this.end(causeOfError(error as Error)));
    worker.on("exit", (exitCode) => this.end(causeOfExit(exitCode)));
    logLines(worker.stdout, (line) => this.#options.logger().info(line, { stream: "stdout" }));
    logLines(worker.stderr, (line) => this.#options.logger().warn(line, { stream: "stderr" }));
    worker.unref();
  }

  /** What has the form of a message may still be garbage inside. */
  #receive(message: Message): void {
    try {
      this.#peer.receive(message);
    } catch (error) {
      this.#report(error);
      this.end(GARBAGE);
    }
  }

  #post(message: Message, transfer: readonly (ArrayBuffer | ReadableStream)[]): void {
    this.#worker.postMessage(message, transfer as readonly ArrayBuffer[]);
  }

  #refresh(): void {
    if (this.#calls > 0 || this.#held) this.#worker.ref();
    else this.#worker.unref();
    if (this.#isWatched && !this.#cause) this.#watchdog.watch(this.#calls > 0);
  }

  #report(error: unknown): void {
    const { plugin, logger } = this.#options;
    logger().error(`Plugin "${plugin}" made a call that failed, and did not wait for it: ${String(error)}`);
  }
}
