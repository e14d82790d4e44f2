import { CrmError, executionContext, pluginLifetime } from "@crmessenger/kernel";
import type { ChannelProvider, ChannelRegistry } from "@crmessenger/kernel/communication";
import type { AccessSubject } from "@crmessenger/kernel/iam";

/** A provider with the plugin that brought it: what arrives on its channels, arrives in that plugin's name. */
export interface RegisteredProvider {
  readonly provider: ChannelProvider;
  readonly plugin: string;
  readonly permissions: AccessSubject["permissions"];
}

export interface ChannelProviders extends ChannelRegistry {
  registered(type: string): RegisteredProvider;
  /** Called before a provider is forgotten, because its plugin ends: what runs with it has to end first. */
  onGone: (type: string) => Promise<void>;
}

/**
 * The channel types of the plugins that run. While a plugin is reloaded its next version registers before the last one
 * ends, and comes into force then.
 */
export function createChannelRegistry(): ChannelProviders {
  const providers = new Map<string, RegisteredProvider>();
  const next = new Map<string, RegisteredProvider>();
  const forget = async (mine: RegisteredProvider) => {
    const { type } = mine.provider;
    if (next.get(type) === mine) next.delete(type);
    if (providers.get(type) !== mine) return;
    await registry.onGone(type);
    providers.delete(type);
    const successor = next.get(type);
    if (successor) providers.set(type, successor);
    next.delete(type);
  };
  const registered = (type: string): RegisteredProvider => {
    const found = providers.get(type);
    if (found) return found;
    const known = [...providers.keys()].join(", ") || "none";
    throw new CrmError(
      "CRM_CHANNEL_UNKNOWN_TYPE",
      `There is no channel of type "${type}" in this application. Known types: ${known}.`,
      {
        status: 422,
        details: { type, known: [...providers.keys()] },
      },
    );
  };
  const registry: ChannelProviders = {
    onGone: async () => {},
    registered,
    provider: (type) => registered(type).provider,
    types: () => [...providers.keys()],
    register(provider) {
      const { actor, subject } = executionContext();
      const other = providers.get(provider.type);
      if (other && other.plugin !== actor.id) {
        throw new CrmError(
          "CRM_CHANNEL_DUPLICATE_TYPE",
          `Both "${other.plugin}" and "${actor.id}" bring channels of type "${provider.type}". Leave one of them out.`,
          {
            details: { type: provider.type, plugins: [other.plugin, actor.id] },
          },
        );
      }
      const mine = { provider, plugin: actor.id, permissions: subject?.permissions ?? [] };
      (other ? next : providers).set(provider.type, mine);
      pluginLifetime()?.onEnd(() => forget(mine));
    },
  };
  return registry;
}
