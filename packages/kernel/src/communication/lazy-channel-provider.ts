import type { Channel, ChannelHost, ChannelProvider, ChannelState } from "./channel.ts";

const NOT_LOADED: ChannelState = { status: "stopped", reason: "" };
const PAUSE_MS = 1_000;

/**
 * A provider whose client library is loaded when the first account needs it: protocol libraries are large, and an
 * application starts faster and stays smaller without those that nobody uses. What the provider is, is known at once.
 */
export function lazyChannelProvider(
  description: Pick<ChannelProvider, "type" | "capabilities" | "settings" | "loginMethods">,
  load: () => Promise<ChannelProvider>,
): ChannelProvider {
  let loading: Promise<ChannelProvider> | undefined;
  const provider = (): Promise<ChannelProvider> =>
    (loading ??= load().catch((error: unknown) => {
      loading = undefined; // the next account tries again
      throw error;
    }));
  return {
    ...description,
    open: (host) => new LazyChannel(host, provider),
    login: async (host, method) => (await provider()).login(host, method),
    logout: async (host) => (await provider()).logout(host),
  };
}

class LazyChannel implements Channel {
  readonly #host: ChannelHost;
  readonly #provider: () => Promise<ChannelProvider>;
  #channel: Channel | undefined;

  constructor(host: ChannelHost, provider: () => Promise<ChannelProvider>) {
    this.#host = host;
    this.#provider = provider;
  }

  async connect(): Promise<void> {
    this.#channel ??= (await this.#provider()).open(this.#host);
    await this.#channel.connect();
  }

  async disconnect(): Promise<void> {
    await this.#channel?.disconnect();
  }

  async send(...call: Parameters<Channel["send"]>): ReturnType<Channel["send"]> {
    if (this.#channel) return this.#channel.send(...call);
    return { outcome: "deferred", retryAfterMs: PAUSE_MS, reason: "The channel has not been connected yet." };
  }

  state(): ChannelState {
    return this.#channel?.state() ?? NOT_LOADED;
  }
}
