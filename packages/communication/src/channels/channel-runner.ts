import { runInContext, toCrmError } from "@crmessenger/kernel";
import type { ChannelAccount } from "@crmessenger/kernel/communication";
import { everything } from "@crmessenger/kernel/infrastructure";
import type { OutboundQueue } from "../outbound/outbound-queue.ts";
import type { CommunicationServices } from "../services.ts";
import { channelsStopped } from "./account-errors.ts";
import { AccountRun } from "./account-run.ts";
import type { AccountTenants } from "./account-tenants.ts";

const PATROL_MS = 5_000;
const PAGE = 500;

export interface RunnerParts {
  readonly services: CommunicationServices;
  readonly tenants: AccountTenants;
  readonly outbound: OutboundQueue;
}

/**
 * Runs the accounts of all channels that this process can get the lease of. What is changed here takes effect at
 * once; a patrol looks for accounts that were changed elsewhere, for leases that came free, and for what failed.
 */
export class ChannelRunner {
  readonly #parts: RunnerParts;
  readonly #runs = new Map<string, AccountRun>();
  /** Types whose plugin ends just now. */
  readonly #leaving = new Set<string>();
  #patrolling: Promise<void> | undefined;
  #cancelPatrol: (() => void) | undefined;
  #stopped = true;

  constructor(parts: RunnerParts) {
    this.#parts = parts;
  }

  async start(): Promise<void> {
    this.#stopped = false;
    await this.#patrol();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancelPatrol?.();
    await this.#patrolling;
    await Promise.all([...this.#runs.values()].map((run) => this.#stop(run)));
  }

  /** Looks at all accounts now: plugins came, and with them channels. */
  async lookNow(): Promise<void> {
    await this.#patrolling;
    if (this.#stopped) return;
    this.#cancelPatrol?.();
    await this.#patrol();
  }

  /** Ends what runs on channels of a type. */
  async stopType(type: string): Promise<void> {
    this.#leaving.add(type);
    const runs = [...this.#runs.values()].filter(({ account }) => account.type === type);
    await Promise.all(runs.map((run) => this.#stop(run)));
    for (const { account } of runs) this.#runs.delete(account.id);
    this.#leaving.delete(type);
  }

  /** The account was created or changed. */
  want(account: ChannelAccount): void {
    if (this.#isStopped(account) || !this.#parts.services.providers.types().includes(account.type)) return;
    this.run(account).want(account);
  }

  /** What this process does with the account; `CRM_CHANNEL_STOPPED` while it starts or stops. */
  run(account: ChannelAccount): AccountRun {
    if (this.#isStopped(account)) throw channelsStopped();
    const known = this.#runs.get(account.id);
    if (known) return known;
    const run = new AccountRun(this.#parts.services, this.#parts.outbound, account);
    this.#runs.set(account.id, run);
    return run;
  }

  #isStopped({ type }: ChannelAccount): boolean {
    return this.#stopped || this.#leaving.has(type);
  }

  #patrol(): Promise<void> {
    this.#patrolling = this.#lookAtAll().finally(() => {
      const { clock } = this.#parts.services;
      if (!this.#stopped) this.#cancelPatrol = clock.schedule(PATROL_MS, () => void this.#patrol());
    });
    return this.#patrolling;
  }

  async #lookAtAll(): Promise<void> {
    try {
      const seen = new Set<string>();
      for (const tenantId of await this.#parts.tenants.all()) {
        await runInContext({ tenantId }, () => this.#lookAtTenant(seen));
      }
      for (const run of this.#runs.values()) if (!seen.has(run.account.id)) await this.#lookAgain(run);
    } catch (error) {
      this.#parts.services.logger.error(`The channel accounts could not be looked at: ${toCrmError(error).message}`);
    }
  }

  async #lookAtTenant(seen: Set<string>): Promise<void> {
    for (let after: string | undefined; ;) {
      const page = await this.#parts.services.accounts.find(everything, {
        limit: PAGE,
        ...(after === undefined ? {} : { after }),
      });
      for (const account of page.items) {
        seen.add(account.id);
        this.want(account);
      }
      if (page.next === undefined) return;
      after = page.next;
    }
  }

  /** An account that was not listed: it was deleted, or is newer than the list. */
  async #lookAgain(run: AccountRun): Promise<void> {
    const { id, tenantId } = run.account;
    const account = await runInContext({ tenantId }, () => this.#parts.services.accounts.get(id));
    if (account && account.deletedAt === null) return;
    this.#runs.delete(id);
    await this.#stop(run);
  }

  async #stop(run: AccountRun): Promise<void> {
    try {
      await run.stop();
    } catch (error) {
      const why = toCrmError(error).message;
      this.#parts.services.logger.warn(`Channel account ${run.account.id} did not stop cleanly: ${why}`);
    }
  }
}
