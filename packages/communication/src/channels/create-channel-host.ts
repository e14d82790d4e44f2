import { executionContext, runWithContext } from "@crmessenger/kernel";
import {
  type ChannelAccount,
  type ChannelHost,
  type ChannelState,
  ReceiveMessage,
  ReportDelivery,
} from "@crmessenger/kernel/communication";
import type { Lease } from "@crmessenger/kernel/infrastructure";
import type { CommunicationServices } from "../services.ts";
import { leaseLost } from "./account-errors.ts";
import type { RegisteredProvider } from "./create-channel-registry.ts";

const MAX_UPDATES = 500;

export interface HostParts {
  readonly account: ChannelAccount;
  readonly registered: RegisteredProvider;
  readonly lease: Lease;
  readonly changeState: (state: ChannelState) => void;
  readonly identify: (externalId: string) => Promise<void>;
}

/** The kernel's side of a running channel. Everything it does, it does in the name of the channel's plugin. */
export function createChannelHost(services: CommunicationServices, parts: HostParts): ChannelHost {
  const { account, registered, lease } = parts;
  const asPlugin = async <T>(work: () => Promise<T>): Promise<T> => {
    if (lease.signal.aborted) throw leaseLost(account.id);
    return asChannelPlugin(services, registered, account.tenantId, work);
  };
  return {
    account,
    signal: lease.signal,
    fencingToken: lease.fencingToken,
    logger: services.logger.child({ channel: account.type, account: account.id }),
    receive: (message) => asPlugin(() => services.bus.dispatch(ReceiveMessage, message)),
    async report(updates) {
      for (let start = 0; start < updates.length; start += MAX_UPDATES) {
        const part = updates.slice(start, start + MAX_UPDATES);
        await asPlugin(() => services.bus.dispatch(ReportDelivery, { channelAccountId: account.id, updates: part }));
      }
    },
    changeState(state) {
      // Whoever runs the account now says how it fares.
      if (!lease.signal.aborted) parts.changeState(state);
    },
    identify: (externalId) => asPlugin(() => parts.identify(externalId)),
  };
}

/**
 * Runs work in the name of a channel's plugin, as the beginning of a correlation and outside of any unit of work: a
 * channel outlives the operation that set it going.
 */
export function asChannelPlugin<T>(
  services: Pick<CommunicationServices, "ids">,
  { plugin, permissions = [] }: RegisteredProvider,
  tenantId: string,
  work: () => T,
): T {
  const context = {
    tenantId,
    actor: { kind: "plugin", id: plugin },
    subject: { kind: "plugin", id: plugin, tenantId, roles: [], teams: [], permissions },
    correlationId: services.ids.next(),
    causationId: null,
    locale: executionContext().locale,
  } as const;
  return runWithContext(context, work);
}
