import { CrmError, runInContext, toCrmError } from "@crmessenger/kernel";
import type { Channel, ChannelAccount, ChannelHost, ChannelState, LoginFlow } from "@crmessenger/kernel/communication";
import type { Lease } from "@crmessenger/kernel/infrastructure";
import type { CommunicationServices } from "../services.ts";
import { accountElsewhere } from "./account-errors.ts";
import { ChannelStates } from "./channel-states.ts";
import { createChannelHost, pluginContext } from "./create-channel-host.ts";
import type { RegisteredProvider } from "./create-channel-registry.ts";

/** Called when the channel connected: what waited for it can go out. */
export type OnConnected = (accountId: string) => void;

/**
 * One account in this process: its lease, its channel, and its login. What is asked of it happens one after
 * another, so that a login never meets a connect.
 */
export class AccountRun {
  readonly #services: CommunicationServices;
  readonly #registered: RegisteredProvider;
  readonly #states: ChannelStates;
  readonly #onConnected: OnConnected;
  #account: ChannelAccount;
  #lease: Lease | undefined;
  #channel: Channel | undefined;
  #login: LoginFlow | undefined;
  #queue: Promise<unknown> = Promise.resolve();

  constructor(services: CommunicationServices, account: ChannelAccount, onConnected: OnConnected) {
    this.#services = services;
    this.#account = account;
    this.#registered = services.providers.registered(account.type);
    this.#states = new ChannelStates(services, account.id);
    this.#onConnected = onConnected;
  }

  /** The channel, when this process runs the account and no login is under way. */
  get channel(): Channel | undefined {
    return this.#lease?.signal.aborted ? undefined : this.#channel;
  }

  get login(): LoginFlow | undefined {
    return this.#login;
  }

  /** Brings the account to what its record asks for: connected, or not. */
  apply(account: ChannelAccount): Promise<void> {
    return this.#inTurn(async () => {
      const changed = JSON.stringify(account.settings) !== JSON.stringify(this.#account.settings);
      this.#account = account;
      if (this.#login) return;
      if (!account.enabled) return this.#letGo({ status: "stopped", reason: "" });
      if (changed || this.#lease?.signal.aborted) await this.#letGo();
      await this.#connect();
    });
  }

  /** Begins a login in the place of the channel. */
  beginLogin(method: string): Promise<LoginFlow> {
    return this.#inTurn(async () => {
      await this.#login?.cancel();
      this.#login = undefined;
      await this.#disconnect();
      const lease = await this.#hold();
      if (!lease) throw accountElsewhere(this.#account.id);
      const flow = await this.#registered.provider.login(this.#host(lease), method);
      this.#login = flow;
      void this.#follow(flow);
      return flow;
    });
  }

  logout(): Promise<void> {
    return this.#inTurn(async () => {
      await this.#login?.cancel();
      this.#login = undefined;
      const lease = await this.#hold();
      if (!lease) throw accountElsewhere(this.#account.id);
      await this.#registered.provider.logout(this.#host(lease));
      await this.#disconnect();
      this.#report({ status: "needs-login", reason: "Logged out." });
      await this.#states.settled();
    });
  }

  stop(): Promise<void> {
    return this.#inTurn(async () => {
      await this.#login?.cancel();
      await this.#letGo();
      await this.#states.settled();
    });
  }

  /** When the login ends the account connects, or goes on as it was. */
  async #follow(flow: LoginFlow): Promise<void> {
    try {
      for (let after = 0; ; ) {
        const step = await flow.next(after);
        after = step.sequence;
        if (step.kind !== "done" && step.kind !== "failed") continue;
        if (step.kind === "done") await this.#identify(step.externalId);
        break;
      }
    } catch (error) {
      this.#services.logger.warn(`The login of channel account ${this.#account.id} broke off: ${toCrmError(error).message}`);
    }
    await this.#inTurn(async () => {
      if (this.#login !== flow) return;
      this.#login = undefined;
      if (this.#account.enabled) await this.#connect();
    });
  }

  async #connect(): Promise<void> {
    if (this.#channel) return;
    const lease = await this.#hold();
    if (!lease) return;
    const channel = this.#registered.provider.open(this.#host(lease));
    this.#channel = channel;
    lease.signal.addEventListener("abort", () => void this.#inTurn(() => this.#disconnect()), { once: true });
    try {
      await runInContext(pluginContext(this.#services, this.#registered, this.#account.tenantId), () => channel.connect());
    } catch (error) {
      this.#report({ status: "degraded", reason: toCrmError(error).message });
      this.#services.logger.error(`Channel account ${this.#account.id} could not connect: ${toCrmError(error).message}`);
      await this.#disconnect();
    }
  }

  async #disconnect(): Promise<void> {
    const channel = this.#channel;
    this.#channel = undefined;
    if (!channel) return;
    try {
      await channel.disconnect();
    } catch (error) {
      this.#services.logger.warn(`Channel account ${this.#account.id} did not disconnect cleanly: ${toCrmError(error).message}`);
    }
  }

  async #letGo(state?: ChannelState): Promise<void> {
    const held = this.#lease;
    await this.#disconnect();
    if (state && held) this.#report(state);
    await this.#states.settled();
    this.#lease = undefined;
    await held?.release();
  }

  async #hold(): Promise<Lease | undefined> {
    if (this.#lease && !this.#lease.signal.aborted) return this.#lease;
    this.#lease = await this.#services.leases.tryAcquire(`channel-account/${this.#account.id}`);
    return this.#lease;
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
    this.#states.change(state);
    if (state.status === "connected") this.#onConnected(this.#account.id);
  }

  async #identify(externalId: string): Promise<void> {
    const { accounts, unitOfWork } = this.#services;
    await unitOfWork.run(async () => {
      const account = await accounts.get(this.#account.id, { lock: true });
      if (account && account.externalId !== externalId) this.#account = await accounts.update({ ...account, externalId });
    });
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#queue.then(work);
    this.#queue = turn.catch(() => undefined);
    return turn;
  }
}

/** Whether an error says that a provider does not know a way to log in. */
export function unknownLoginMethod(type: string, method: string, known: readonly string[]): CrmError {
  return new CrmError("CRM_CHANNEL_LOGIN_METHOD", `Channels of type "${type}" can't log in by "${method}". Known ways: ${known.join(", ") || "none, they need no login"}.`, {
    status: 422,
    details: { type, method, known },
  });
}
