import type { Channel, ChannelHost, ChannelProvider, ChannelRegistry } from "@crmessenger/kernel/communication";
import type { Logger } from "@crmessenger/kernel/infrastructure";

type MakeLogger = (fields: Readonly<Record<string, unknown>>) => Logger;

/** What a channel's host is without what a worker has itself. */
export type PortableHost = Omit<ChannelHost, "logger">;

/** The methods of a channel, bound to it: what a channel keeps for itself does not cross. */
export function portableChannel(channel: Channel): Channel {
  return {
    connect: () => channel.connect(),
    disconnect: () => channel.disconnect(),
    send: (message, options) => channel.send(message, options),
    state: () => channel.state(),
  };
}

/** The channel registry as a plugin in a worker uses it: its providers get a host with a logger of their thread. */
export function guestChannelRegistry(registry: ChannelRegistry, loggerWith: MakeLogger): ChannelRegistry {
  const hostWithLogger = (host: PortableHost): ChannelHost => ({
    ...host,
    logger: loggerWith({ account: host.account.id }),
  });
  return {
    register: ({ type, capabilities, settings, loginMethods, ...provider }: ChannelProvider) =>
      registry.register({
        type,
        capabilities,
        settings,
        loginMethods,
        open: (host) => portableChannel(provider.open(hostWithLogger(host))),
        login: (host, method) => provider.login(hostWithLogger(host), method),
        logout: (host) => provider.logout(hostWithLogger(host)),
      }),
    provider: (type) => registry.provider(type),
    types: () => registry.types(),
  };
}
