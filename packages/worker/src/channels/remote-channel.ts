import { toCrmError } from "@crmessenger/kernel";
import type {
  Channel,
  ChannelHost,
  ChannelState,
  LoginFlow,
  OutboundMessage,
  SendResult,
} from "@crmessenger/kernel/communication";
import type { PortableHost } from "./guest-channel-registry.ts";

/** A channel in a worker. */
type Twin = {
  readonly [K in keyof Channel]: (...args: Parameters<Channel[K]>) => Promise<Awaited<ReturnType<Channel[K]>>>;
};

/** A provider in a worker: it makes channels asynchronously. */
export interface RemoteProvider {
  open(host: PortableHost): Promise<Twin>;
  login(host: PortableHost, method: string): Promise<LoginFlow>;
  logout(host: PortableHost): Promise<void>;
}

export interface WorkerState {
  /** Calls back whenever the worker comes up again or goes down. */
  watch(changed: (isUp: boolean) => void): () => void;
}

const PAUSE_MS = 1_000;

/** The host without its logger, which every thread has itself. */
export function portableHost(host: ChannelHost, changeState: (state: ChannelState) => void): PortableHost {
  const { account, signal, fencingToken } = host;
  return {
    account,
    signal,
    fencingToken,
    changeState,
    receive: (message) => host.receive(message),
    report: (updates) => host.report(updates),
    identify: (externalId) => host.identify(externalId),
  };
}

/** A channel that works in a worker. Its state is what it reported last; after a restart it connects again. */
export class RemoteChannel implements Channel {
  readonly #provider: RemoteProvider;
  readonly #host: ChannelHost;
  readonly #worker: WorkerState;
  #state: ChannelState = { status: "stopped", reason: "" };
  #twin: Promise<Twin> | undefined;
  #unwatch: (() => void) | undefined;

  constructor(provider: RemoteProvider, host: ChannelHost, worker: WorkerState) {
    this.#provider = provider;
    this.#host = host;
    this.#worker = worker;
  }

  async connect(): Promise<void> {
    this.#unwatch ??= this.#worker.watch((isUp) => this.#workerChanged(isUp));
    await this.#connect();
  }

  async disconnect(): Promise<void> {
    this.#unwatch?.();
    this.#unwatch = undefined;
    const twin = await this.#twin;
    this.#twin = undefined;
    await twin?.disconnect();
    this.#state = { status: "stopped", reason: "" };
  }

  async send(message: OutboundMessage, options: { readonly idempotencyKey: string }): Promise<SendResult> {
    const twin = await this.#twin;
    if (twin) return twin.send(message, options);
    return { outcome: "deferred", retryAfterMs: PAUSE_MS, reason: "The channel's worker is being started." };
  }

  state(): ChannelState {
    return this.#state;
  }

  async #connect(): Promise<void> {
    this.#twin ??= this.#provider.open(portableHost(this.#host, (state) => this.#changeState(state)));
    const twin = await this.#twin;
    await twin.connect();
    this.#state = await twin.state();
  }

  #workerChanged(isUp: boolean): void {
    this.#twin = undefined;
    if (!isUp) {
      this.#changeState({ status: "degraded", reason: "The channel's worker ended and is being started again." });
      return;
    }
    this.#connect().catch((error: unknown) =>
      this.#changeState({ status: "degraded", reason: toCrmError(error).message }),
    );
  }

  #changeState(state: ChannelState): void {
    this.#state = state;
    this.#host.changeState(state);
  }
}
