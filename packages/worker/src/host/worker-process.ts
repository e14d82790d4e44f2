import { type ChildProcess, fork } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import type { Logger } from "@crmessenger/kernel/infrastructure";
import { FrameReader, frame } from "../rpc/frames.ts";
import { FROM_GUEST_FD, type Message, WAITING_FD } from "../rpc/messages.ts";
import { type EndCause, MEMORY, causeOfExit } from "./end-cause.ts";

export interface WorkerProcessOptions {
  readonly plugin: string;
  readonly memoryMb: number;
  readonly logger: () => Logger;
  /** Something came from the process, a message or not. */
  received(value: unknown): void;
  /** The process sent what can't be read, or wrote where it must not. */
  garbled(): void;
  /** The process is gone, and what it wrote has been read. */
  gone(cause: EndCause): void;
}

/** From sources the process runs sources too, so that it loads what this one has loaded. */
const EXTENSION = import.meta.url.endsWith(".ts") ? "ts" : "js";
const ENTRY = new URL(`../guest/entry.${EXTENSION}`, import.meta.url);
const CONDITIONS = EXTENSION === "ts" ? ["--conditions=@crmessenger/source"] : [];

/** Flags that are this process's own affair: a debugger's port, and memory. */
const OWN_FLAGS = /^--(inspect|debug|max-old-space-size|max_old_space_size|expose-gc)/;

const OUT_OF_MEMORY = /^FATAL ERROR: .*(heap|allocation|memory)/i;

/** What pipes to other processes are, which their type does not say. */
interface Referable {
  ref?(): void;
  unref?(): void;
}

/** A process with nothing in its environment, and the pipes to it. */
export class WorkerProcess {
  readonly #child: ChildProcess;
  /** By number. */
  readonly #pipes: readonly (Readable | Writable | null | undefined)[];
  readonly #options: WorkerProcessOptions;
  readonly #gone = Promise.withResolvers<void>();
  #isKilled = false;
  #ranOutOfMemory = false;

  constructor(options: WorkerProcessOptions) {
    this.#options = options;
    const inherited = process.execArgv.filter((flag) => !OWN_FLAGS.test(flag) && !CONDITIONS.includes(flag));
    this.#child = fork(ENTRY, [], {
      env: {},
      execArgv: [...inherited, ...CONDITIONS, `--max-old-space-size=${options.memoryMb}`, `--title=${options.plugin}`],
      serialization: "advanced",
      stdio: ["ignore", "pipe", "pipe", "ipc", "pipe", "pipe"],
    });
    this.#pipes = this.#child.stdio;
    this.#listen();
    this.hold(false);
  }

  /** Resolves when the process is gone. */
  get gone(): Promise<void> {
    return this.#gone.promise;
  }

  post(message: Message): void {
    if (this.#child.connected) this.#child.send(message, () => {}); // whoever is gone by then is reported as gone
  }

  /** Answers a process that stands still. */
  answer(message: Message): void {
    (this.#pipes[WAITING_FD] as Writable).write(frame(message));
  }

  /** Whoever waits for its end lives to see it. */
  kill(): void {
    this.hold(true);
    for (const pipe of this.#pipes) (pipe as Referable | null)?.ref?.();
    this.#isKilled = true;
    this.#child.kill("SIGKILL");
  }

  /** Whether the process keeps this one alive, until it is killed. */
  hold(held: boolean): void {
    if (this.#isKilled) return;
    if (held) this.#child.ref();
    else this.#child.unref();
  }

  #listen(): void {
    const child = this.#child;
    const { logger, garbled, gone } = this.#options;
    const frames = this.#pipes[FROM_GUEST_FD] as Readable;
    frames.on("data", this.#frameListener());
    frames.on("error", () => garbled());
    this.#pipes[WAITING_FD]?.on("error", () => garbled());
    child.on("message", () => garbled());
    child.on("error", (error) => logger().error(`The worker's process could not be run: ${error.message}`));
    child.on("close", (exitCode, signal) => {
      gone(this.#ranOutOfMemory ? MEMORY : causeOfExit(exitCode, signal));
      this.#gone.resolve();
    });
    eachLine(child.stdout, (line) => logger().info(line, { stream: "stdout" }));
    eachLine(child.stderr, (line) => this.#errorLine(line));
    child.channel?.unref();
    for (const pipe of this.#pipes) (pipe as Referable | null)?.unref?.();
  }

  #frameListener(): (piece: Buffer) => void {
    const reader = new FrameReader();
    const { received, garbled } = this.#options;
    return (piece) => {
      let values: unknown[];
      try {
        values = reader.push(piece);
      } catch {
        garbled();
        return;
      }
      for (const value of values) received(value);
    };
  }

  /** What V8 says when it gives up is a page of addresses: one line of it is enough. */
  #errorLine(line: string): void {
    if (this.#ranOutOfMemory) return;
    this.#ranOutOfMemory = OUT_OF_MEMORY.test(line);
    this.#options.logger().warn(line, { stream: "stderr" });
  }
}

function eachLine(stream: Readable | null, log: (line: string) => void): void {
  if (!stream) return;
  createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY }).on("line", (line) => {
    if (line.trim() !== "") log(line);
  });
}
