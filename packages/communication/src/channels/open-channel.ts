import { isDeepStrictEqual } from "node:util";
import { toCrmError } from "@crmessenger/kernel";
import type { Channel, ChannelAccount } from "@crmessenger/kernel/communication";
import type { Lease, Logger, RunningWorker } from "@crmessenger/kernel/infrastructure";
import type { OutboundQueue } from "../outbound/outbound-queue.ts";

export interface OpenChannelParts {
  readonly channel: Channel;
  /** As it was when the channel was opened. */
  readonly account: ChannelAccount;
  readonly lease: Lease;
  readonly outbound: OutboundQueue;
  readonly logger: Logger;
}

/** The channel of an account at work in this process, with the work on what it has to send. */
export class OpenChannel {
  readonly #parts: OpenChannelParts;
  #connecting: Promise<void> | undefined;
  #serving: Promise<RunningWorker> | undefined;

  constructor(parts: OpenChannelParts) {
    this.#parts = parts;
  }

  get channel(): Channel {
    return this.#parts.channel;
  }

  get isServing(): boolean {
    return this.#serving !== undefined;
  }

  /** Whether it is what this account asks for. */
  suits({ settings }: ChannelAccount): boolean {
    const { account, lease } = this.#parts;
    return !lease.signal.aborted && isDeepStrictEqual(account.settings, settings);
  }

  /** Connects in its own time: a provider that does not answer must not hold up a login, a stop or other accounts. */
  connect(onFailure: (error: unknown) => void): void {
    const connecting = (async () => this.channel.connect())()
      .catch(onFailure)
      .finally(() => {
        if (this.#connecting === connecting) this.#connecting = undefined;
      });
    this.#connecting = connecting;
  }

  /** The channel is connected: what waits for it can go out. */
  async serve(): Promise<void> {
    const { outbound, account, logger } = this.#parts;
    try {
      await (this.#serving ??= this.#beginToServe());
      await outbound.wake(account);
    } catch (error) {
      logger.warn(`What waits for channel account ${account.id} could not be woken: ${toCrmError(error).message}`);
    }
  }

  /** Ends the work and the connection. What is just being sent may be finished first, as long as the account is ours. */
  async close(): Promise<void> {
    const { lease } = this.#parts;
    const served = this.#serving?.then(
      (worker) => worker.stop(),
      () => undefined,
    );
    if (!lease.signal.aborted) await served;
    await this.#disconnect();
    await served;
  }

  async #beginToServe(): Promise<RunningWorker> {
    try {
      return await this.#parts.outbound.serve(this.#parts.account, this.channel);
    } catch (error) {
      this.#serving = undefined;
      throw error;
    }
  }

  async #disconnect(): Promise<void> {
    const { channel, account, logger } = this.#parts;
    try {
      const connecting = this.#connecting;
      await channel.disconnect();
      if (!connecting) return;
      await connecting; // it may have come about in spite of the above
      await channel.disconnect();
    } catch (error) {
      logger.warn(`Channel account ${account.id} did not disconnect cleanly: ${toCrmError(error).message}`);
    }
  }
}
