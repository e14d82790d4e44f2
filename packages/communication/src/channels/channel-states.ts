import { toCrmError } from "@crmessenger/kernel";
import { type ChannelState, ChannelStateChanged } from "@crmessenger/kernel/communication";
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

  /** Resolves when what was reported is stored, or could not be. */
  async settled(): Promise<void> {
    while (this.#writing) await this.#writing;
  }

  async #write(): Promise<void> {
    while (this.#latest) {
      const state = this.#latest;
      this.#latest = undefined;
      try {
        await storeState(this.#services, this.#accountId, state);
      } catch (error) {
        const why = toCrmError(error).message;
        this.#services.logger.error(`The state of channel account ${this.#accountId} could not be stored: ${why}`);
      }
    }
  }
}

export function sameState(one: ChannelState, other: ChannelState): boolean {
  return one.status === other.status && one.reason === other.reason;
}

async function storeState(services: CommunicationServices, id: string, state: ChannelState): Promise<void> {
  await services.unitOfWork.run(async () => {
    const account = await services.accounts.get(id, { lock: true });
    if (!account || account.deletedAt !== null || sameState(account.state, state)) return;
    const { type, state: previous } = account;
    const { version } = await services.accounts.update({ ...account, state });
    const changed = { channelAccountId: id, type, state, previous };
    await services.events.dispatch(ChannelStateChanged, { type: "channel-account", id, version }, changed);
  });
}
