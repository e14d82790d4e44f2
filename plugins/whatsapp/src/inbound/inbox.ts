import { toCrmError, type CrmError } from "@crmessenger/kernel";
import type { ChannelHost, InboundMessage } from "@crmessenger/kernel/communication";
import type { Clock } from "@crmessenger/kernel/infrastructure";
import { RecentMap } from "../auth/recent-map.ts";
import { Lane } from "../lane.ts";
import { readContent, type Content } from "./content.ts";
import { readEnvelope, type Envelope } from "./envelope.ts";
import { rowMessage, type InboxRow } from "./inbox-row.ts";
import { messageFolder, storeFiles, type FileStore } from "./store-files.ts";
import { toMessage } from "./to-message.ts";

const FIRST_PAUSE_MS = 200;
const MAX_PAUSE_MS = 30_000;
/** More waiting messages than this hold up the connection, so that memory has a bound. */
const MAX_WAITING = 1_000;
/** Ids of messages remembered, to recognise copies. */
const REMEMBERED = 5_000;

/** What the inbox works with. */
export interface InboxParts {
  readonly host: ChannelHost;
  readonly clock: Clock;
  readonly files: FileStore;
  /** Aborts when the channel stops. */
  readonly signal: AbortSignal;
  /** The other address of a person, where it is known: the phone's for a LID, the LID for a phone's. */
  aliasOf(jid: string): Promise<string | undefined>;
  /** The row's message was accepted: the row may be forgotten. */
  accepted(key: string, row: InboxRow): void;
}

interface ChatLane {
  readonly lane: Lane;
  waiting: number;
}

/**
 * Carries committed rows to the kernel: in order within a chat, side by side across chats. A row stays stored until the
 * kernel has accepted its message; what can't be accepted now is tried again for as long as the channel runs, and again
 * when it runs the next time.
 */
export class Inbox {
  readonly #parts: InboxParts;
  readonly #chats = new Map<string, ChatLane>();
  readonly #known = new RecentMap<string, true>(REMEMBERED);
  readonly #wakers = new Set<() => void>();
  #waiting = 0;

  constructor(parts: InboxParts) {
    this.#parts = parts;
    parts.signal.addEventListener("abort", () => this.#wake(), { once: true });
  }

  /** Whether a message of this id was committed, as far as memory goes. */
  knows(id: string): boolean {
    return this.#known.has(id);
  }

  /** Takes a committed row. */
  add(key: string, row: InboxRow): void {
    const { from = "", id = "" } = row.attrs;
    const chat = this.#chats.get(from) ?? { lane: new Lane(), waiting: 0 };
    this.#chats.set(from, chat);
    this.#known.set(id, true);
    chat.waiting += 1;
    this.#waiting += 1;
    void chat.lane.run(async () => {
      await this.#deliver(key, row);
      chat.waiting -= 1;
      this.#waiting -= 1;
      if (chat.waiting === 0) this.#chats.delete(from);
      this.#wake();
    });
  }

  /** Resolves when there is room for another message, or the channel stops. */
  room(): Promise<void> {
    return this.#until(() => this.#waiting < MAX_WAITING || this.#parts.signal.aborted);
  }

  /** Resolves when nothing is in hand any more. */
  idle(): Promise<void> {
    return this.#until(() => this.#waiting === 0);
  }

  async #deliver(key: string, row: InboxRow): Promise<void> {
    for (let failures = 0; !this.#parts.signal.aborted; failures += 1) {
      const problem = await this.#tryDeliver(row);
      if (!problem) return this.#parts.accepted(key, row);
      if (this.#parts.signal.aborted) return;
      const { logger } = this.#parts.host;
      const fields = { messageId: row.attrs["id"], code: problem.code };
      if (!isPassing(problem)) {
        logger.error(`A WhatsApp message is refused and kept for the next start: ${problem.message}`, fields);
        return;
      }
      logger.warn(`A WhatsApp message can't be accepted yet and is tried again: ${problem.message}`, fields);
      const pause = problem.retryAfterMs ?? Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** failures);
      await this.#parts.clock.sleep(pause, this.#parts.signal).catch(() => undefined);
    }
  }

  /** Delivers the message, or at least that there was one. Answers what stands in the way. */
  async #tryDeliver(row: InboxRow): Promise<CrmError | undefined> {
    const problem = await failureOf(async () => this.#parts.host.receive(await this.#message(row, contentOf(row))));
    if (!problem || isPassing(problem)) return problem;
    return failureOf(async () => this.#parts.host.receive(await this.#message(row, unreadable(row, problem.message))));
  }

  async #message(row: InboxRow, content: Content): Promise<InboundMessage> {
    const { host, files } = this.#parts;
    const envelope = await this.#envelope(row);
    const folder = messageFolder(host.account.id, envelope.id);
    const stored = await storeFiles(content, folder, files);
    return toMessage({ channelAccountId: host.account.id, envelope, content, files: stored });
  }

  async #envelope(row: InboxRow): Promise<Envelope> {
    const { clock, aliasOf } = this.#parts;
    const envelope = readEnvelope(row, clock.now());
    const { lid, phoneAddress } = envelope;
    if (lid && !phoneAddress) return { ...envelope, phoneAddress: await aliasOf(lid) };
    if (phoneAddress && !lid) return { ...envelope, lid: await aliasOf(phoneAddress) };
    return envelope;
  }

  async #until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.#wakers.add(resolve));
  }

  #wake(): void {
    for (const wake of this.#wakers) wake();
    this.#wakers.clear();
  }
}

function contentOf(row: InboxRow): Content {
  const message = rowMessage(row);
  return message ? readContent(message) : unreadable(row, "It is no WhatsApp message.");
}

/** What came is kept, so that somebody may make sense of it. */
function unreadable(row: InboxRow, reason: string): Content {
  const raw = { reason, message: row.message.slice(0, 100_000) };
  return { parts: [{ type: "unsupported", description: "A message that could not be read", raw }], forwarded: false };
}

/** What nobody foresaw is taken for a passing failure: giving up is only right where the kernel said no. */
function isPassing(problem: CrmError): boolean {
  return problem.retryable || problem.code === "CRM_KERNEL_UNEXPECTED";
}

async function failureOf(work: () => Promise<unknown>): Promise<CrmError | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    return toCrmError(error);
  }
}
