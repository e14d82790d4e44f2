import type { ChatDirectory } from "./chats/chat-directory.ts";
import type { ChatHookDelivery, ChatHooks } from "./chats/chat-hooks.ts";
import type { ChatsParts } from "./chats/chats-api.ts";
import type { MediaStore } from "./chats/media-store.ts";
import type { AccountGuard } from "./faults/account-guard.ts";
import type { AmoCrmFaults, FaultPlan } from "./faults/faults.ts";
import type { CrmWebhooks, WebhookDelivery } from "./hooks/crm-webhooks.ts";
import type { HookDispatcher } from "./hooks/hook-dispatcher.ts";
import { AmoCrmManager } from "./manager.ts";
import type { OAuthServer } from "./oauth/oauth-server.ts";
import type { Owner } from "./oauth/owner.ts";
import {
  type ChatView,
  type ContactView,
  type LeadView,
  type MessageView,
  type UnsortedView,
  viewChat,
  viewContact,
  viewLead,
  viewMessage,
  viewUnsorted,
} from "./views.ts";
import type { PipelineRecord } from "./world/records.ts";
import type { World } from "./world/world.ts";

/** What a registered channel is known by: what amoCRM's support answers to a registration. */
export interface RegisteredChannel {
  readonly channelId: string;
  readonly secret: string;
  /** Symbolic name, which REST and webhooks show as the origin of its chats. */
  readonly code: string;
  /** Whom messages come from that no manager is named for: `id` is their `sender.ref_id`. */
  readonly bot: { readonly id: string; readonly clientId: string };
  /** Scope id it has in this sandbox's account once it is connected. */
  readonly scopeId: string;
}

interface Parts {
  readonly world: World;
  readonly oauth: OAuthServer;
  readonly owner: Owner;
  readonly chats: ChatDirectory;
  readonly chatsApi: ChatsParts;
  readonly chatHooks: ChatHooks;
  readonly webhooks: CrmWebhooks;
  readonly faults: FaultPlan;
  readonly guard: AccountGuard;
  readonly media: MediaStore;
  readonly dispatcher: HookDispatcher;
}

/** The account and the switches on it. */
export class SandboxAccount {
  readonly id: number;
  readonly subdomain: string;
  /** `account_id` of the chats API. */
  readonly amojoId: string;
  readonly #guard: AccountGuard;

  constructor(world: World, guard: AccountGuard) {
    this.id = world.account.id;
    this.subdomain = world.account.subdomain;
    this.amojoId = world.account.amojoId;
    this.#guard = guard;
  }

  /** Whether every request is answered 403, after too many that broke the limit. */
  get blocked(): boolean {
    return this.#guard.blocked;
  }

  /** Blocks the account as if its limit had been broken for long. */
  block(): void {
    this.#guard.blocked = true;
  }

  /** Lifts the block, as amoCRM's support does on request. */
  unblock(): void {
    this.#guard.unblock();
  }

  /** Whether the account is paid for: REST answers 402 while it is not. */
  setPaid(paid: boolean): void {
    this.#guard.unpaid = !paid;
  }
}

/** A running local amoCRM: the account's people, their actions, and what they see. */
export class AmoCrmSandbox implements AsyncDisposable {
  /** Address of REST and OAuth, without a slash at the end. */
  readonly url: string;
  /** Address of the chats API, without a slash at the end. */
  readonly chatsUrl: string;
  readonly account: SandboxAccount;
  /** The person the account belongs to. */
  readonly owner: Owner;
  /** What goes wrong: `faults.set({ … })`, and `faults.set({})` to end it. */
  readonly faults: { set(faults: AmoCrmFaults): void };
  readonly #parts: Parts;
  readonly #close: () => Promise<void>;

  constructor(parts: Parts, running: { url: string; close: () => Promise<void> }) {
    this.#parts = parts;
    this.#close = running.close;
    this.url = running.url;
    this.chatsUrl = running.url;
    this.account = new SandboxAccount(parts.world, parts.guard);
    this.owner = parts.owner;
    this.faults = { set: (faults) => parts.faults.set(faults) };
  }

  /** Registers an application. */
  registerIntegration(options: { redirectUri: string; name?: string; uninstallUri?: string }): {
    readonly clientId: string;
    readonly clientSecret: string;
    readonly redirectUri: string;
  } {
    const { clientId, clientSecret, redirectUri } = this.#parts.oauth.register(options);
    return { clientId, clientSecret, redirectUri };
  }

  /** A token for that application that needs no refresh; by default for a year. */
  longLivedToken(clientId: string, days = 365): string {
    return this.#parts.oauth.issueLongLived(clientId, this.#parts.world.owner.id, days);
  }

  /**
   * Registers a channel. `:scope_id` in the webhook address is replaced. With `clientId`, that application alone may
   * bind the channel's chats, and its sources alone count for them.
   */
  registerChannel(options: { webhookUrl: string; name?: string; clientId?: string }): RegisteredChannel {
    const { channelId, secret, code, bot } = this.#parts.chats.register(options);
    return { channelId, secret, code, bot, scopeId: `${channelId}_${this.account.amojoId}` };
  }

  /** Adds somebody who works in the account. */
  manager(options: { name: string; isAdmin?: boolean }): AmoCrmManager {
    const user = this.#parts.world.addUser(options.name, options.isAdmin ?? false);
    return new AmoCrmManager(user, this.#parts.chatsApi, this.#parts.chatHooks);
  }

  /** Subscribes an address on the settings page, where also `add_message` and `add_unsorted` can be chosen. */
  addWebhook(destination: string, settings: readonly string[]): void {
    this.#parts.webhooks.subscribe(destination, settings, { userId: this.#parts.world.owner.id });
  }

  /** All chats, oldest first. */
  chats(): ChatView[] {
    return this.#parts.chats.chats.map(viewChat);
  }

  /** Messages of a chat (by amoCRM's id or the integration's) as it shows them; without one, of all chats. */
  messages(chat?: string): MessageView[] {
    const chats = this.#parts.chats.chats.filter(
      ({ id, clientId }) => chat === undefined || id === chat || clientId === chat,
    );
    return chats.flatMap(({ messages }) => messages.map(viewMessage));
  }

  /** Calls back for every later message, from either side. Returns how to stop. */
  watchMessages(watcher: (message: MessageView) => void): () => void {
    return this.#parts.chats.watch((message) => watcher(viewMessage(message)));
  }

  /** All contacts that were not deleted, those of unsorted requests included. */
  contacts(): ContactView[] {
    const contacts = [...this.#parts.world.contacts.values()].filter((contact) => !contact.isDeleted);
    return contacts.map((contact) => viewContact(this.#parts.world, contact));
  }

  /** All leads that were not deleted, those of unsorted requests included. */
  leads(): LeadView[] {
    const leads = [...this.#parts.world.leads.values()].filter((lead) => !lead.isDeleted);
    return leads.map((lead) => viewLead(this.#parts.world, lead));
  }

  /** Requests that wait to be sorted. */
  unsorted(): UnsortedView[] {
    return [...this.#parts.world.unsorted.values()].filter(({ state }) => state === "open").map(viewUnsorted);
  }

  /** Pipelines with their statuses. */
  pipelines(): readonly Readonly<PipelineRecord>[] {
    return [...this.#parts.world.pipelines.values()];
  }

  /** What became of hooks about messages typed in amoCRM: the last thousand. */
  chatHooks(): readonly ChatHookDelivery[] {
    return [...this.#parts.chatHooks.deliveries];
  }

  /** What became of CRM webhooks: the last thousand attempts. */
  webhooks(): readonly WebhookDelivery[] {
    return [...this.#parts.webhooks.deliveries];
  }

  /** Resolves when no hook, repetition or download is under way or waiting. */
  async settled(): Promise<void> {
    await Promise.all([this.#parts.dispatcher.settled(), this.#parts.media.settled()]);
  }

  /** Stops the server. What is not sent by then never will be. */
  async close(): Promise<void> {
    await this.#close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
