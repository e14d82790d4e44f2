import type { HookDispatcher } from "../hooks/hook-dispatcher.ts";
import type { Outbound } from "../http/outbound.ts";
import type { World } from "../world/world.ts";
import { renderChatHook, renderOldChatHook } from "./chat-hook.ts";
import type { ChatMessage } from "./chat-records.ts";
import { signHook } from "./signature.ts";

/** One hook that was sent, for a look from outside. */
export interface ChatHookDelivery {
  readonly messageId: string;
  readonly url: string;
  /** 0: nobody answered in time. */
  readonly status: number;
}

/** Tells channels of messages typed in amoCRM: each hook is sent once, whatever comes of it. */
export class ChatHooks {
  readonly #world: World;
  readonly #outbound: Outbound;
  readonly #dispatcher: HookDispatcher;
  readonly #timeoutMs: number;
  readonly #baseUrl: () => string;
  /** Every hook so far, oldest first; the last thousand are kept. */
  readonly deliveries: ChatHookDelivery[] = [];

  constructor(parts: {
    world: World;
    outbound: Outbound;
    dispatcher: HookDispatcher;
    timeoutMs: number;
    baseUrl: () => string;
  }) {
    this.#world = parts.world;
    this.#outbound = parts.outbound;
    this.#dispatcher = parts.dispatcher;
    this.#timeoutMs = parts.timeoutMs;
    this.#baseUrl = parts.baseUrl;
  }

  /** Sends the hook about a message, in the order of its chat, if its channel is connected. */
  send(message: ChatMessage): void {
    this.#dispatcher.dispatch(message.chat.id, async () => {
      const { scope } = message.chat;
      if (scope.connected) await this.#post(message);
    });
  }

  async #post(message: ChatMessage): Promise<void> {
    const { scope } = message.chat;
    const baseUrl = this.#baseUrl();
    const now = this.#world.clock.now();
    const hook =
      scope.hookVersion === "v2" ? renderChatHook(message, { now, baseUrl }) : renderOldChatHook(message, baseUrl);
    const body = JSON.stringify(hook);
    const url = scope.channel.webhookUrl.replace(":scope_id", scope.scopeId);
    const status = await this.#outbound
      .call({
        method: "POST",
        url,
        body,
        timeoutMs: this.#timeoutMs,
        headers: { "content-type": "application/json", "x-signature": signHook(scope.channel.secret, body) },
      })
      .then(
        (answer) => answer.status,
        () => 0,
      );
    this.deliveries.push({ messageId: message.id, url, status });
    if (this.deliveries.length > 1000) this.deliveries.shift();
  }
}
