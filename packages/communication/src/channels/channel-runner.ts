import { runInContext, toCrmError } from "@crmessenger/kernel";
import type { Channel, ChannelAccount, LoginFlow } from "@crmessenger/kernel/communication";
import { everything } from "@crmessenger/kernel/infrastructure";
import type { CommunicationServices } from "../services.ts";
import { accountNotFound } from "./account-errors.ts";
import { AccountRun } from "./account-run.ts";

const PATROL_MS = 5_000;
const PAGE = 500;

/**
 * Runs the accounts of all channels that this process can get the lease of. A patrol looks for accounts that were
 * changed elsewhere and for leases that came free.
 */
export class ChannelRunner {
  readonly #services: CommunicationServices;
  readonly #runs = new Map<string, AccountRun>();
  readonly #onConnected: (accountId: string) => void;
  #cancelPatrol: (() => void) | undefined;
  #stopped = true;

  constructor(services: CommunicationServices, onConnected: (accountId: string) => void) {
    this.#services = services;
    this.#onConnected = onConnected;
  }

  async start(): Promise<void> {
    this.#stopped = false;
    await this.#patrol();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancelPatrol?.();
    await Promise.all([...this.#runs.values()].map((run) => run.stop()));
    this.#runs.clear();
  }

  /** The channel of an account, when it runs in this process. */
  channel(accountId: string): Channel | undefined {
    return this.#runs.get(accountId)?.channel;
  }

  login(accountId: string): LoginFlow | undefined {
    return this.#runs.get(accountId)?.login;
  }

  /** Looks at one account now instead of at the next patrol. */
  async refresh(accountId: string): Promise<void> {
    if (this.#stopped) return;
    const account = await this.#services.accounts.get(accountId);
    if (account) await this.#apply(account);
  }

  async beginLogin(accountId: string, method: string): Promise<LoginFlow> {
    return (await this.#run(accountId)).beginLogin(method);
  }

  async logout(accountId: string): Promise<void> {
    await (await this.#run(accountId)).logout();
  }

  async #run(accountId: string): Promise<AccountRun> {
    const known = this.#runs.get(accountId);
    if (known) return known;
    const account = await this.#services.accounts.get(accountId);
    if (!account || account.deletedAt !== null) throw accountNotFound(accountId);
    return this.#remember(account);
  }

  #remember(account: ChannelAccount): AccountRun {
    const run = new AccountRun(this.#services, account, this.#onConnected);
    this.#runs.set(account.id, run);
    return run;
  }

  async #patrol(): Promise<void> {
    try {
      for (let after: string | undefined; ; ) {
        const page = await this.#services.accounts.find(everything, { limit: PAGE, ...(after === undefined ? {} : { after }) });
        await Promise.all(page.items.map((account) => this.#apply(account)));
        if (page.next === undefined) break;
        after = page.next;
      }
    } catch (error) {
      this.#services.logger.error(`The channel accounts could not be looked at: ${toCrmError(error).message}`);
    }
    if (!this.#stopped) this.#cancelPatrol = this.#services.clock.schedule(PATROL_MS, () => void this.#patrol());
  }

  async #apply(account: ChannelAccount): Promise<void> {
    if (!this.#services.providers.types().includes(account.type)) return;
    const run = this.#runs.get(account.id) ?? this.#remember(account);
    try {
      await runInContext({ tenantId: account.tenantId }, () => run.apply(account));
    } catch (error) {
      this.#services.logger.error(`Channel account ${account.id} could not be brought into its state: ${toCrmError(error).message}`);
    }
  }
}
