import { randomUUID } from "node:crypto";
import type { Outbound } from "../http/outbound.ts";
import type { Change } from "../world/change.ts";
import type { World } from "../world/world.ts";
import type { HookDispatcher } from "./hook-dispatcher.ts";
import { hookBodies } from "./hook-bodies.ts";
import type { ChatDirectory } from "../chats/chat-directory.ts";

/** A subscription to changes of the account. */
export interface WebhookRecord {
  readonly id: number;
  readonly destination: string;
  settings: readonly string[];
  sort: number;
  disabled: boolean;
  readonly createdAt: number;
  updatedAt: number;
  readonly createdBy: number;
}

/** How webhooks are sent. */
export interface WebhookTiming {
  /** How long an answer is waited for. amoCRM: 2 s. */
  readonly timeoutMs: number;
  /** Waits before the four repetitions. amoCRM: 5 min, 15 min, 15 min, 1 h. */
  readonly retryDelaysMs: readonly [number, number, number, number];
}

const BAD_REPLIES_TO_DISABLE = 100;
const BAD_REPLY_SPAN_MS = 2 * 60 * 60_000;
/** Repetitions that any failure earns; later ones need a 499 or 5xx. */
const UNCONDITIONAL_RETRIES = 2;

/** What somebody answered to a webhook, for a look from outside. */
export interface WebhookDelivery {
  readonly destination: string;
  readonly body: string;
  readonly attempt: number;
  /** 0: nobody answered; 499: not in time. */
  readonly status: number;
}

/** Tells subscribers of changes, as `application/x-www-form-urlencoded`, without a signature. */
export class CrmWebhooks {
  readonly #world: World;
  readonly #chats: ChatDirectory;
  readonly #outbound: Outbound;
  readonly #dispatcher: HookDispatcher;
  readonly #timing: WebhookTiming;
  readonly #baseUrl: () => string;
  readonly #subscriptions = new Map<string, WebhookRecord>();
  readonly #badReplies = new Map<string, number[]>();
  /** Every attempt so far, oldest first; the last thousand are kept. */
  readonly deliveries: WebhookDelivery[] = [];

  constructor(parts: {
    world: World;
    chats: ChatDirectory;
    outbound: Outbound;
    dispatcher: HookDispatcher;
    timing: WebhookTiming;
    baseUrl: () => string;
  }) {
    this.#world = parts.world;
    this.#chats = parts.chats;
    this.#outbound = parts.outbound;
    this.#dispatcher = parts.dispatcher;
    this.#timing = parts.timing;
    this.#baseUrl = parts.baseUrl;
    this.#world.observe((changes) => this.#tell(changes));
  }

  /** Subscribes an address, or changes and enables its subscription. */
  subscribe(
    destination: string,
    settings: readonly string[],
    options: { sort?: number | undefined; userId: number },
  ): WebhookRecord {
    const now = this.#world.seconds();
    const known = this.#subscriptions.get(destination);
    if (known !== undefined) {
      Object.assign(known, { settings, sort: options.sort ?? known.sort, disabled: false, updatedAt: now });
      return known;
    }
    const webhook: WebhookRecord = {
      id: this.#world.nextId(),
      destination,
      settings,
      sort: options.sort ?? this.#subscriptions.size + 1,
      disabled: false,
      createdAt: now,
      updatedAt: now,
      createdBy: options.userId,
    };
    this.#subscriptions.set(destination, webhook);
    return webhook;
  }

  /** Ends a subscription; false when there is none. */
  unsubscribe(destination: string): boolean {
    return this.#subscriptions.delete(destination);
  }

  /** All subscriptions, oldest first. */
  get subscriptions(): readonly WebhookRecord[] {
    return [...this.#subscriptions.values()];
  }

  #tell(changes: readonly Change[]): void {
    for (const webhook of this.#subscriptions.values()) {
      if (webhook.disabled) continue;
      const wanted = new Set(webhook.settings);
      const source = { world: this.#world, chats: this.#chats, baseUrl: this.#baseUrl() };
      for (const { body, aboutStatus } of hookBodies(source, changes, wanted)) {
        this.#dispatcher.dispatch(webhook.destination, () => this.#send(webhook, body, 0), aboutStatus);
      }
    }
  }

  async #send(webhook: WebhookRecord, body: string, attempt: number): Promise<void> {
    const status = await this.#post(webhook.destination, body);
    this.deliveries.push({ destination: webhook.destination, body, attempt, status });
    if (this.deliveries.length > 1000) this.deliveries.shift();
    if (status >= 100 && status < 300) return;
    this.#countBadReply(webhook);
    const delayMs = this.#timing.retryDelaysMs[attempt];
    const earned = attempt < UNCONDITIONAL_RETRIES || status === 499 || status >= 500;
    if (delayMs === undefined || !earned || webhook.disabled) return;
    this.#dispatcher.dispatchLater(webhook.destination, () => this.#send(webhook, body, attempt + 1), delayMs);
  }

  async #post(url: string, body: string): Promise<number> {
    const startedAt = performance.now();
    try {
      const answer = await this.#outbound.call({
        method: "POST",
        url,
        body,
        timeoutMs: this.#timing.timeoutMs,
        headers: {
          "content-type": "application/x-www-form-urlencoded",
          "user-agent": "amoCRM-Webhooks/3.0",
          "x-amocrm-requestid": randomUUID(),
          "accept-encoding": "gzip",
        },
      });
      return answer.status;
    } catch {
      // Nobody answered: 499 after the whole wait, 0 when the connection failed before it.
      return performance.now() - startedAt >= this.#timing.timeoutMs ? 499 : 0;
    }
  }

  #countBadReply(webhook: WebhookRecord): void {
    const now = this.#world.clock.now();
    const recent = (this.#badReplies.get(webhook.destination) ?? []).filter((at) => at > now - BAD_REPLY_SPAN_MS);
    recent.push(now);
    this.#badReplies.set(webhook.destination, recent);
    if (recent.length > BAD_REPLIES_TO_DISABLE) webhook.disabled = true;
  }
}
