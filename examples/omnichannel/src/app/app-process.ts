import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { type AppConfig, CONFIG_VARIABLE, type FromApp, type ToApp } from "./config.ts";

export type AppReady = Extract<FromApp, { type: "ready" }>;
export type AppMemory = Extract<FromApp, { type: "memory" }>;

interface Pending {
  readonly resolve: (answer: FromApp) => void;
  readonly reject: (error: Error) => void;
}

/** The application said why it can't go on. */
export class AppFailure extends Error {
  override readonly name = "AppFailure";
}

const ENTRY = fileURLToPath(new URL("./main.js", import.meta.url));
const STOP_PATIENCE_MS = 20_000;

/** The application as its environment sees it: a process that is started, asked, killed and started again. */
export class AppProcess {
  readonly #config: AppConfig;
  readonly #secrets: Readonly<Record<string, string>>;
  readonly #pending = new Map<number, Pending>();
  #child: ChildProcess | undefined;
  #ready: AppReady | undefined;
  #nextId = 1;
  #peakRssMb = 0;
  #stopping = false;
  readonly #measured: boolean;
  /** Told when the application ends without having been asked to. */
  onUnexpectedEnd: (code: number | null) => void = () => {};

  /** `measured`: memory is looked at after a garbage collection, so that growth is growth. */
  constructor(config: AppConfig, secrets: Readonly<Record<string, string>>, measured = false) {
    this.#measured = measured;
    this.#config = config;
    this.#secrets = secrets;
  }

  get ready(): AppReady | undefined {
    return this.#ready;
  }

  /** The largest resident memory of any process so far, as last asked for. */
  get peakRssMb(): number {
    return this.#peakRssMb;
  }

  async start(): Promise<AppReady> {
    const env = { ...process.env, ...this.#secrets, [CONFIG_VARIABLE]: JSON.stringify(this.#config) };
    const child = fork(ENTRY, {
      env,
      execArgv: this.#measured ? [...process.execArgv, "--expose-gc"] : process.execArgv,
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    this.#child = child;
    const ready = new Promise<AppReady>((resolve, reject) => {
      child.on("message", (message: FromApp) => {
        if (message.type === "ready") resolve(message);
        else if (message.type === "failed") reject(new AppFailure(message.message));
        else this.#settle(message);
      });
      child.once("exit", (code) => {
        reject(new AppFailure(`The application ended with status ${code ?? "none"} before it was ready.`));
        this.#ended(child, code);
      });
    });
    this.#ready = await ready;
    return this.#ready;
  }

  query(sql: string, parameters: readonly unknown[]): Promise<readonly Record<string, unknown>[]> {
    return this.#ask((id) => ({ type: "query", id, sql, parameters })).then((answer) =>
      answer.type === "rows" ? answer.rows : [],
    );
  }

  async memory(): Promise<AppMemory> {
    const answer = (await this.#ask((id) => ({ type: "memory", id }))) as AppMemory;
    this.#peakRssMb = Math.max(this.#peakRssMb, answer.peakRssMb);
    return answer;
  }

  /** SIGKILL, as a power cut would: nothing gets a chance to be tidy. */
  async kill(): Promise<void> {
    const child = this.#child;
    if (!child) return;
    this.#child = undefined;
    this.#ready = undefined;
    const gone = once(child, "exit");
    child.kill("SIGKILL");
    await gone;
  }

  /** Asks for a clean stop. Rejects when it does not come in time. */
  async stop(): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null) return;
    this.#stopping = true;
    const gone = once(child, "exit") as Promise<[number | null]>;
    child.kill("SIGTERM");
    const late = setTimeout(() => child.kill("SIGKILL"), STOP_PATIENCE_MS);
    const wasReady = this.#ready !== undefined;
    const [code] = await gone;
    clearTimeout(late);
    if (wasReady && code !== 0)
      throw new AppFailure(`The application did not stop cleanly (status ${code ?? "none"}).`);
  }

  #ask(make: (id: number) => ToApp): Promise<FromApp> {
    const child = this.#child;
    if (!child?.connected || !this.#ready) return Promise.reject(new Error("The application is not running."));
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      child.send(make(id), (error) => {
        if (error && this.#pending.delete(id)) reject(error);
      });
    });
  }

  #settle(message: FromApp): void {
    if (!("id" in message)) return;
    const pending = this.#pending.get(message.id);
    this.#pending.delete(message.id);
    if (message.type === "refused") pending?.reject(new Error(message.message));
    else pending?.resolve(message);
  }

  #ended(child: ChildProcess, code: number | null): void {
    for (const pending of this.#pending.values()) pending.reject(new Error("The application ended."));
    this.#pending.clear();
    if (this.#child !== child) return;
    this.#child = undefined;
    const wasReady = this.#ready !== undefined;
    this.#ready = undefined;
    if (wasReady && !this.#stopping) this.onUnexpectedEnd(code);
  }
}
