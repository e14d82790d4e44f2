import { randomUUID } from "node:crypto";
import { ChatDirectory } from "./chats/chat-directory.ts";
import { ChatHooks } from "./chats/chat-hooks.ts";
import type { ChatsParts } from "./chats/chats-api.ts";
import { MediaStore } from "./chats/media-store.ts";
import { AccountGuard } from "./faults/account-guard.ts";
import { FaultPlan } from "./faults/faults.ts";
import { RateWindow } from "./faults/rate-window.ts";
import { gateway } from "./gateway.ts";
import { CrmWebhooks } from "./hooks/crm-webhooks.ts";
import { HookDispatcher } from "./hooks/hook-dispatcher.ts";
import { listen } from "./http/listen.ts";
import { Outbound } from "./http/outbound.ts";
import { OAuthServer } from "./oauth/oauth-server.ts";
import { Owner } from "./oauth/owner.ts";
import { AmoCrmSandbox } from "./amo-crm-sandbox.ts";
import { type SandboxClock, systemClock } from "./world/clock.ts";
import { World } from "./world/world.ts";

/** How to start a local amoCRM. */
export interface AmoCrmSandboxOptions {
  /** Default `127.0.0.1`. */
  readonly host?: string;
  /** Default 0: any free port. */
  readonly port?: number;
  /** Decides what faults hit; equal seeds and equal requests give equal faults. Default 1. */
  readonly seed?: number;
  /** Time for tokens, limits and entities. Timers of hooks and faults run in real time. */
  readonly clock?: SandboxClock;
  readonly limits?: {
    /** REST requests a second for the account. Default 7; `Infinity` lifts the limit. */
    readonly requestsPerSecond?: number;
    /** So many requests refused for that within ten seconds block the account. Default 30. */
    readonly refusalsToBlock?: number;
    /** Requests a second to the chats API. Default `Infinity`: amoCRM states none. */
    readonly chatsRequestsPerSecond?: number;
    /** Most elements of a plain POST or PATCH. Default 250. */
    readonly batch?: number;
  };
  readonly webhooks?: {
    /** How long an answer to a CRM webhook is waited for. Default 2000. */
    readonly timeoutMs?: number;
    /** Waits before its repetitions. Default, as in amoCRM: 5 min, 15 min, 15 min, 1 h. */
    readonly retryDelaysMs?: readonly [number, number, number, number];
    /** How long an answer to a chat hook is waited for. Default 5000. */
    readonly chatTimeoutMs?: number;
  };
  /** Waits before a failed download of media is repeated. Default 0.2, 1, 5 and 15 seconds. */
  readonly mediaRetryDelaysMs?: readonly number[];
}

const MINUTE = 60_000;
const RETRY_DELAYS = [5 * MINUTE, 15 * MINUTE, 15 * MINUTE, 60 * MINUTE] as const;

/**
 * Starts a local amoCRM: OAuth, REST v4, webhooks and the chats API of one account, over HTTP. Its state lives in
 * memory and ends with `close`. Rejects when the port is taken.
 */
export async function startAmoCrmSandbox(options: AmoCrmSandboxOptions = {}): Promise<AmoCrmSandbox> {
  const clock = options.clock ?? systemClock;
  const host = options.host ?? "127.0.0.1";
  const limits = options.limits ?? {};
  let port = options.port ?? 0;
  const address = (): string => `${host}:${port}`;
  const baseUrl = (): string => `http://${address()}`;
  const world = new World({ id: 32_427_762, subdomain: "sandbox", amojoId: randomUUID(), name: "Sandbox" }, clock);
  const oauth = new OAuthServer({ accountId: world.account.id, apiDomain: address }, clock);
  const outbound = new Outbound();
  const faults = new FaultPlan(options.seed ?? 1, () => oauth.revoke());
  const chats = new ChatDirectory(world);
  const media = new MediaStore(outbound, options.mediaRetryDelaysMs ?? [200, 1000, 5000, 15_000]);
  const dispatcher = new HookDispatcher(faults);
  const onUninstall = (clientId: string): void => chats.disconnectAllOf(clientId);
  const owner = new Owner({ oauth, world, outbound, host: address, onUninstall });
  const timing = {
    timeoutMs: options.webhooks?.timeoutMs ?? 2000,
    retryDelaysMs: options.webhooks?.retryDelaysMs ?? RETRY_DELAYS,
  };
  const webhooks = new CrmWebhooks({ world, chats, outbound, dispatcher, timing, baseUrl });
  const chatTimeoutMs = options.webhooks?.chatTimeoutMs ?? 5000;
  const chatHooks = new ChatHooks({ world, outbound, dispatcher, timeoutMs: chatTimeoutMs, baseUrl });
  const guard = new AccountGuard(
    { requestsPerSecond: limits.requestsPerSecond ?? 7, refusalsToBlock: limits.refusalsToBlock ?? 30 },
    clock,
  );
  const searchLagMs = (): number => faults.current.searchLagMs ?? 0;
  const chatsApi: ChatsParts = { world, chats, media, baseUrl };
  const rest = { world, chats, webhooks, baseUrl, searchLagMs, batchLimit: limits.batch ?? 250 };
  const chatsRate = new RateWindow(limits.chatsRequestsPerSecond ?? Infinity, 1000, clock);
  const handle = gateway({ rest, chatsApi, guard, chatsRate, faults, oauth, owner, world, host: address });
  const server = await listen(host, port, handle);
  port = server.port;
  return new AmoCrmSandbox(
    { world, oauth, owner, chats, chatsApi, chatHooks, webhooks, faults, guard, media, dispatcher },
    {
      url: baseUrl(),
      async close() {
        faults.close();
        dispatcher.close();
        media.close();
        outbound.close();
        await server.close();
      },
    },
  );
}
