import { toCrmError } from "@crmessenger/kernel";
import type { ChannelAccount, ChannelHost, ChannelState } from "@crmessenger/kernel/communication";
import type { Lease } from "@crmessenger/kernel/infrastructure";
import { AccountLogin } from "../login/account-login.ts";
import type { OutboundQueue } from "../outbound/outbound-queue.ts";
import type { CommunicationServices } from "../services.ts";
import { accountElsewhere, channelsStopped } from "./account-errors.ts";
import { ChannelStates, sameState } from "./channel-states.ts";
import { asChannelPlugin, createChannelHost } from "./create-channel-host.ts";
import type { RegisteredProvider } from "./create-channel-registry.ts";
import { OpenChannel } from "./open-channel.ts";

const AT_WORK: readonly ChannelState["status"][] = ["connecting", "connected", "degraded"];
const STOPPED: ChannelState = { status: "stopped", reason: "" };

/**
 * One account in this process: its lease, its channel, and its login. What is asked of it happens one after another,
 * so that a login never meets a connect, and a stop is the last.
 */
export class AccountRun {
  readonly #services: CommunicationServices;
  readonly #outbound: OutboundQueue;
  readonly #registered: RegisteredProvider;
  readonly #states: ChannelStates;
  #account: ChannelAccount;
  #lease: Lease | undefined;
  #open: OpenChannel | undefined;
  #login: AccountLogin | undefined;
  #turns: Promise<unknown> = Promise.resolve();
  #reconcilesSoon = false;
  #stopped = false;

  constructor(services: CommunicationServices, outbound: OutboundQueue, account: ChannelAccount) {
    this.#services = services;
    this.#outbound = outbound;
    this.#account = account;
    this.#registered = services.providers.registered(account.type);
    this.#states = new ChannelStates(services, account.id);
  }

  get account(): ChannelAccount {
    return this.#account;
  }

  /** The login that was begun last, under way or ended. */
  get login(): AccountLogin | undefined {
    return this.#login;
  }

  /** Brings the account to what its record asks for, connected or not, as soon as nothing else is under way. */
  want(account: ChannelAccount): void {
    if (account.version < this.#account.version) return;
    this.#account = account;
    this.#reconcileSoon();
  }

  /** Begins a login in the place of the channel. */
  beginLogin(method: string): Promise<AccountLogin> {
    return this.#exclusively(async (host) => {
      await this.#endLogin();
      await this.#close();
      const flow = await this.#registered.provider.login(host, method);
      const { clock, logger } = this.#services;
      const login = new AccountLogin(flow, { clock, logger, identify: (externalId) => this.#identify(externalId) });
      this.#login = login;
      void login.ended.then(() => this.#reconcileSoon());
      return login;
    });
  }

  logout(): Promise<void> {
    return this.#exclusively(async (host) => {
      await this.#endLogin();
      await this.#registered.provider.logout(host); // while it is connected, so that the provider can be told
      await this.#close();
      this.#report({ status: "needs-login", reason: "Logged out." });
      await this.#states.settled();
    });
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#inTurn(async () => {
      await this.#endLogin();
      const isAtWork = this.#open && AT_WORK.includes(this.#open.channel.state().status);
      await this.#letGo(isAtWork ? STOPPED : undefined);
    });
  }

  /** As the only thing that happens to the account, under its lease. A failure leaves the account as its record asks. */
  #exclusively<T>(work: (host: ChannelHost) => Promise<T>): Promise<T> {
    return this.#inTurn(async () => {
      if (this.#stopped) throw channelsStopped();
      const lease = await this.#hold();
      if (!lease) throw accountElsewhere(this.#account.id);
      try {
        return await work(this.#host(lease));
      } catch (error) {
        this.#reconcileSoon();
        throw error;
      }
    });
  }

  #reconcileSoon(): void {
    if (this.#reconcilesSoon) return;
    this.#reconcilesSoon = true;
    this.#inBackground(() => {
      this.#reconcilesSoon = false;
      return this.#reconcile();
    });
  }

  async #reconcile(): Promise<void> {
    if (this.#stopped || (this.#login && !this.#login.isOver)) return;
    if (!this.#account.enabled || this.#account.deletedAt !== null) return this.#rest();
    if (this.#open && !this.#open.suits(this.#account)) await this.#close();
    if (this.#open) this.#repair(this.#open);
    else await this.#connect();
  }

  async #connect(): Promise<void> {
    const lease = await this.#hold();
    if (!lease) return;
    const { logger } = this.#services;
    const fail = async (error: unknown) => {
      logger.error(`Channel account ${this.#account.id} could not connect: ${toCrmError(error).message}`);
      await this.#close();
      this.#report({ status: "degraded", reason: toCrmError(error).message });
    };
    try {
      const channel = this.#registered.provider.open(this.#host(lease));
      const open = new OpenChannel({ channel, account: this.#account, lease, outbound: this.#outbound, logger });
      this.#open = open;
      open.connect((error) => this.#inBackground(async () => (this.#open === open ? fail(error) : undefined)));
    } catch (error) {
      await fail(error);
    }
  }

  /** Makes up for what a failing database kept from being stored or begun. */
  #repair(open: OpenChannel): void {
    const state = open.channel.state();
    const isMissed = state.status === "connected" && !open.isServing;
    if (isMissed || (state.status !== "stopped" && !sameState(state, this.#account.state))) this.#report(state);
  }

  /** The account is not wanted: whoever gets its lease sees to it that this is true and known. */
  async #rest(): Promise<void> {
    const isKnown = !AT_WORK.includes(this.#account.state.status);
    if (!this.#lease && (isKnown || !(await this.#hold()))) return;
    await this.#letGo(this.#open || !isKnown ? STOPPED : undefined);
  }

  async #close(): Promise<void> {
    const open = this.#open;
    this.#open = undefined;
    await open?.close();
  }

  async #letGo(state?: ChannelState): Promise<void> {
    await this.#close();
    if (state && !this.#lease?.signal.aborted) this.#report(state);
    await this.#states.settled();
    const lease = this.#lease;
    this.#lease = undefined;
    await lease?.release();
  }

  async #endLogin(): Promise<void> {
    try {
      await this.#login?.cancel();
    } catch (error) {
      const why = toCrmError(error).message;
      this.#services.logger.warn(`A login of channel account ${this.#account.id} could not be cancelled: ${why}`);
    }
    this.#login = undefined;
  }

  async #hold(): Promise<Lease | undefined> {
    if (this.#lease && !this.#lease.signal.aborted) return this.#lease;
    if (this.#lease) await this.#abandon();
    const lease = await this.#services.leases.tryAcquire(`channel-account/${this.#account.id}`);
    this.#lease = lease;
    lease?.signal.addEventListener("abort", () => this.#onLeaseEnd(lease), { once: true });
    return lease;
  }

  #onLeaseEnd(lease: Lease): void {
    if (this.#lease !== lease) return; // given back
    this.#inBackground(async () => {
      if (this.#lease === lease) await this.#abandon();
      this.#reconcileSoon();
    });
  }

  /** The lease was lost: what was done under it ends. */
  async #abandon(): Promise<void> {
    await this.#endLogin();
    await this.#letGo();
  }

  #host(lease: Lease): ChannelHost {
    return createChannelHost(this.#services, {
      account: this.#account,
      registered: this.#registered,
      lease,
      changeState: (state) => this.#report(state),
      identify: (externalId) => this.#identify(externalId),
    });
  }

  #report(state: ChannelState): void {
    this.#inContext(() => {
      this.#states.change(state);
      if (state.status === "connected") void this.#open?.serve();
    });
  }

  async #identify(externalId: string): Promise<void> {
    const { accounts, unitOfWork } = this.#services;
    await this.#inContext(() =>
      unitOfWork.run(async () => {
        const account = await accounts.get(this.#account.id, { lock: true });
        if (account && account.externalId !== externalId)
          this.#account = await accounts.update({ ...account, externalId });
      }),
    );
  }

  #inContext<T>(work: () => T): T {
    return asChannelPlugin(this.#services, this.#registered, this.#account.tenantId, work);
  }

  #inBackground(work: () => Promise<void>): void {
    this.#inTurn(work).catch((error: unknown) => {
      const why = toCrmError(error).message;
      this.#services.logger.error(`Channel account ${this.#account.id} could not be brought into its state: ${why}`);
    });
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#turns.then(() => this.#inContext(work));
    this.#turns = turn.catch(() => undefined);
    return turn;
  }
}
