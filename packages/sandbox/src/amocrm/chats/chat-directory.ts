import { randomBytes, randomUUID } from "node:crypto";
import type { World } from "../world/world.ts";
import type { ChannelRecord, ChatClient, ChatMessage, ChatRecord, ScopeRecord } from "./chat-records.ts";

/** What is known of a client when a chat is made. */
export type ClientDetails = Partial<Omit<ChatClient, "id">>;

/** All that a new message says; the directory gives it its id and its place. */
export type NewChatMessage = Omit<
  ChatMessage,
  "id" | "sequence" | "receivedAt" | "statusHistory" | "reactions" | "deliveryStatus" | "deliveryError" | "editedAt"
>;

/** Channels, chats and messages, with every way to find them. */
export class ChatDirectory {
  readonly #world: World;
  readonly #channels = new Map<string, ChannelRecord>();
  readonly #scopes = new Map<string, ScopeRecord>();
  readonly #chats = new Map<string, ChatRecord>();
  readonly #chatsByClientId = new Map<string, ChatRecord>();
  readonly #messages = new Map<string, ChatMessage>();
  readonly #messagesByClientId = new Map<string, ChatMessage>();
  readonly #watchers = new Set<(message: ChatMessage) => void>();
  #sequence = 0;

  constructor(world: World) {
    this.#world = world;
  }

  /** Registers a channel, as amoCRM's support does on request. */
  register(options: { webhookUrl: string; name?: string; clientId?: string }): ChannelRecord {
    const name = options.name ?? "sandbox";
    const channel: ChannelRecord = {
      channelId: randomUUID(),
      secret: randomBytes(20).toString("hex"),
      code: `amo.ext.${name.toLowerCase().replaceAll(/[^a-z0-9]+/gu, "_")}`,
      name,
      webhookUrl: options.webhookUrl,
      clientUuid: options.clientId,
      bot: { id: randomUUID(), clientId: `${name}-bot` },
    };
    this.#channels.set(channel.channelId, channel);
    return channel;
  }

  /** The channel of that id. */
  channel(channelId: string): ChannelRecord | undefined {
    return this.#channels.get(channelId);
  }

  /** Connects a channel to the account, or changes how it is connected. */
  connect(channel: ChannelRecord, settings: { title: string; hookVersion: string; noWindow: boolean }): ScopeRecord {
    const scopeId = `${channel.channelId}_${this.#world.account.amojoId}`;
    const known = this.#scopes.get(scopeId);
    const scope: ScopeRecord = known ?? {
      scopeId,
      channel,
      title: "",
      hookVersion: "",
      isTimeWindowDisabled: false,
      connected: true,
    };
    scope.title = settings.title;
    scope.hookVersion = settings.hookVersion;
    scope.isTimeWindowDisabled = settings.noWindow;
    scope.connected = true;
    this.#scopes.set(scopeId, scope);
    return scope;
  }

  /** Ends the connection of a channel: its chats stay, its hooks stop. */
  disconnect(channel: ChannelRecord): void {
    const scope = this.#scopes.get(`${channel.channelId}_${this.#world.account.amojoId}`);
    if (scope !== undefined) scope.connected = false;
  }

  /** Disconnects every channel of an uninstalled integration. */
  disconnectAllOf(clientUuid: string): void {
    for (const channel of this.#channels.values()) if (channel.clientUuid === clientUuid) this.disconnect(channel);
  }

  /** The connected channel of that scope id. */
  scope(scopeId: string): ScopeRecord | undefined {
    const scope = this.#scopes.get(scopeId);
    return scope?.connected === true ? scope : undefined;
  }

  /** A connected scope, for a manager to write first through. */
  get scopes(): readonly ScopeRecord[] {
    return [...this.#scopes.values()].filter((scope) => scope.connected);
  }

  /** A chat by amoCRM's id. */
  chat(id: string): ChatRecord | undefined {
    return this.#chats.get(id);
  }

  /** A chat by the integration's id. */
  chatByClientId(scope: ScopeRecord, clientId: string): ChatRecord | undefined {
    return this.#chatsByClientId.get(`${scope.scopeId} ${clientId}`);
  }

  /** All chats, oldest first. */
  get chats(): readonly ChatRecord[] {
    return [...this.#chats.values()];
  }

  /** Makes a chat. */
  createChat(scope: ScopeRecord, clientId: string | undefined, client: ClientDetails): ChatRecord {
    const chat: ChatRecord = {
      id: randomUUID(),
      scope,
      clientId: undefined,
      client: {
        id: randomUUID(),
        clientId: client.clientId,
        name: client.name ?? "",
        phone: client.phone ?? "",
        email: client.email ?? "",
        avatar: client.avatar ?? "",
        profileLink: client.profileLink ?? "",
      },
      createdAt: this.#world.clock.now(),
      sourceExternalId: undefined,
      contactId: undefined,
      linkId: undefined,
      talkId: undefined,
      unsortedUid: undefined,
      typingUntil: 0,
      messages: [],
    };
    this.#chats.set(chat.id, chat);
    if (clientId !== undefined) this.nameChat(chat, clientId);
    return chat;
  }

  /** Tells the integration's id of a chat. */
  nameChat(chat: ChatRecord, clientId: string): void {
    chat.clientId = clientId;
    this.#chatsByClientId.set(`${chat.scope.scopeId} ${clientId}`, chat);
  }

  /** Binds a chat to a contact, away from any other. */
  bind(chat: ChatRecord, contactId: number): number {
    const linkId = this.#world.nextId();
    chat.contactId = contactId;
    chat.linkId = linkId;
    return linkId;
  }

  /** A message by amoCRM's id. */
  message(id: string): ChatMessage | undefined {
    return this.#messages.get(id);
  }

  /** A message by the integration's id. */
  messageByClientId(scope: ScopeRecord, clientId: string): ChatMessage | undefined {
    return this.#messagesByClientId.get(`${scope.scopeId} ${clientId}`);
  }

  /** Tells the integration's id of a message. */
  nameMessage(message: ChatMessage, clientId: string): void {
    message.clientId = clientId;
    this.#messagesByClientId.set(`${message.chat.scope.scopeId} ${clientId}`, message);
  }

  /** Puts a message into its chat. */
  addMessage(fresh: NewChatMessage): ChatMessage {
    this.#sequence += 1;
    const message: ChatMessage = {
      ...fresh,
      id: randomUUID(),
      receivedAt: this.#world.clock.now(),
      sequence: this.#sequence,
      deliveryStatus: undefined,
      deliveryError: undefined,
      statusHistory: [],
      reactions: new Map(),
      editedAt: undefined,
    };
    const { messages } = message.chat;
    let place = messages.length;
    while (place > 0 && (messages[place - 1]?.msecTimestamp ?? 0) > message.msecTimestamp) place -= 1;
    messages.splice(place, 0, message);
    this.#messages.set(message.id, message);
    if (message.clientId !== undefined) this.nameMessage(message, message.clientId);
    for (const watcher of this.#watchers) watcher(message);
    return message;
  }

  /** Calls back for every later message, from either side. Returns how to stop. */
  watch(watcher: (message: ChatMessage) => void): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }
}
