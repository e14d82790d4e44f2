import { type ChannelAccount, type ChannelState, ChannelStateChanged } from "@crmessenger/kernel/communication";
import { toCrmError } from "@crmessenger/kernel";
import type { CommunicationServices } from "../services.ts";

/**
 * Stores the states that a channel reports: the latest wins, and what came in between while a write was under way
 * is skipped. A channel never waits for it.
 */
export class ChannelStates {
  readonly #services: CommunicationServices;
  readonly #accountId: string;
  #latest: ChannelState | undefined;
  #writing: Promise<void> | undefined;

  constructor(services: CommunicationServices, accountId: string) {
    this.#services = services;
    this.#accountId = accountId;
  }

  change(state: ChannelState): void {
    this.#latest = state;
    this.#writing ??= this.#write().finally(() => {
      this.#writing = undefined;
      if (this.#latest) this.change(this.#latest); // reported after the last look
    });
  }

  /** Resolves when what was reported is stored. */
  async settled(): Promise<void> {
    await this.#writing;
  }

  async #write(): Promise<void> {
    while (this.#latest) {
      const state = this.#latest;
      this.#latest = undefined;
      try {
        await storeState(this.#services, this.#accountId, state);
      } catch (error) {
        this.#services.logger.error(`The state of channel account ${this.#accountId} could not be stored: ${toCrmError(error).message}`);
      }
    }
  }
}

export async function storeState(services: CommunicationServices, accountId: string, state: ChannelState): Promise<void> {
  await services.unitOfWork.run(async () => {
    const account = await services.accounts.get(accountId, { lock: true });
    if (!account || sameState(account, state)) return;
    const stored = await services.accounts.update({ ...account, state });
    await services.events.dispatch(ChannelStateChanged, { type: "channel-account", id: accountId, version: stored.version }, { channelAccountId: accountId, type: account.type, state, previous: account.state });
  });
}

function sameState(account: ChannelAccount, state: ChannelState): boolean {
  return account.state.status === state.status && account.state.reason === state.reason;
}
