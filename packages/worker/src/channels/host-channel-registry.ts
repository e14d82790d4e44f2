import type { ChannelHost, ChannelProvider, ChannelRegistry } from "@crmessenger/kernel/communication";
import type { PortableHost } from "./guest-channel-registry.ts";
import { type RemoteProvider, type WorkerState, RemoteChannel, portableHost } from "./remote-channel.ts";

export type { WorkerState } from "./remote-channel.ts";

/** The channel registry as a worker reaches it: channels of its providers answer here and work there. */
export function hostChannelRegistry(
  registry: ChannelRegistry,
  worker: WorkerState,
): { register(provider: ChannelProvider): void; types(): readonly string[] } {
  return {
    register(given) {
      const provider = given as unknown as RemoteProvider;
      const { type, capabilities, settings, loginMethods } = given;
      const portable = (host: ChannelHost): PortableHost => portableHost(host, (state) => host.changeState(state));
      registry.register({
        type,
        capabilities,
        settings,
        loginMethods,
        open: (host) => new RemoteChannel(provider, host, worker),
        login: (host, method) => provider.login(portable(host), method),
        logout: (host) => provider.logout(portable(host)),
      });
    },
    types: () => registry.types(),
  };
}
