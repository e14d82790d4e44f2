import { CrmError, executionContext } from "@crmessenger/kernel";
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
}

export function createChannelRegistry(): ChannelProviders {
  const providers = new Map<string, RegisteredProvider>();
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
  return {
    registered,
    provider: (type) => registered(type).provider,
    types: () => [...providers.keys()],
    register(provider) {
      const { actor, subject } = executionContext();
      const other = providers.get(provider.type);
      if (other) {
        throw new CrmError(
          "CRM_CHANNEL_DUPLICATE_TYPE",
          `Both "${other.plugin}" and "${actor.id}" bring channels of type "${provider.type}". Leave one of them out.`,
          {
            details: { type: provider.type, plugins: [other.plugin, actor.id] },
          },
        );
      }
      providers.set(provider.type, { provider, plugin: actor.id, permissions: subject?.permissions ?? [] });
    },
  };
}
