import { toCrmError } from "@crmessenger/kernel";
import type { Clock, Logger } from "@crmessenger/kernel/infrastructure";
import { Api } from "telegram";
import { patiently } from "../connection/patiently.ts";
import type { Asker } from "../connection/telegram-request.ts";
import type { PeerBook } from "../session/peer-book.ts";
import { type Change, type Happening, readDifference, readUpdates } from "./change.ts";
import { messagesAfter } from "./messages-after.ts";
import type { PositionTracker } from "./position-tracker.ts";

/** Updates may overtake each other by about this much (https://core.telegram.org/api/updates#recovering-gaps). */
const GAP_PATIENCE_MS = 300;
/** More than this is not held in memory: the rest is fetched when there is room. */
const MAX_HELD = 500;
const MAX_PENDING = 500;

/** Where happenings go. */
export interface HappeningSink {
  /** Resolves when the happening is committed. */
  accept(happening: Happening): Promise<void>;
  readonly pending: number;
  /** Resolves once not more than `most` are pending. */
  below(most: number): Promise<void>;
}

export interface FeedParts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly peers: PeerBook;
  readonly sink: HappeningSink;
  readonly tracker: PositionTracker;
}

/**
 * Keeps up with one account's log of changes: every change once and in order, whatever of the pushed updates is lost,
 * repeated or overtaken, and whatever happened while nobody was connected. GramJS does none of this.
 */
export class UpdateFeed {
  readonly #parts: FeedParts;
  #link: Asker | undefined;
  #abort = new AbortController();
  /** The last change handed on. */
  #pts: number;
  #held: Change[] = [];
  #catchingUp: Promise<void> | undefined;
  #again = false;
  #cancelGapTimer: (() => void) | undefined;
  #lastChangeAt = 0;

  constructor(parts: FeedParts) {
    this.#parts = parts;
    this.#pts = parts.tracker.committed.pts;
  }

  /** The highest id of a message that is known and committed. */
  get lastMessageId(): number {
    return this.#parts.tracker.committed.lastMessageId;
  }

  /** Follows a connection from now on, beginning with what was missed. */
  attach(link: Asker): void {
    this.#abort.abort();
    this.#abort = new AbortController();
    this.#link = link;
    this.#held = [];
    void this.#follow(link, this.#abort.signal);
  }

  /** Stops following. Happenings that were handed on are not called back. */
  detach(): void {
    this.#abort.abort();
    this.#link = undefined;
    this.#held = [];
    this.#cancelGapTimer?.();
    this.#cancelGapTimer = undefined;
  }

  /** Takes what the connection pushed. */
  push(link: Asker, updates: Api.TypeUpdates): void {
    if (link !== this.#link) return;
    const { users, changes, incomplete } = readUpdates(updates);
    this.#parts.peers.note(users);
    for (const change of changes) this.#take(change);
    if (incomplete) void this.catchUp();
  }

  /** Takes the place in the log of a message that we sent ourselves and know already. */
  noteOwn(pts: number, ptsCount: number, messageId: number): void {
    this.#take({ pts, ptsCount, happenings: [], ownMessageId: messageId });
  }

  /** Compares with Telegram's log, unless a change came within the last `quietMs`. Rejects when Telegram does not answer. */
  async check(quietMs: number): Promise<void> {
    const link = this.#link;
    if (link === undefined || this.#parts.clock.now() - this.#lastChangeAt < quietMs) return;
    const state = await link.invoke(new Api.updates.GetState());
    if (state.pts > this.#pts) await this.catchUp();
  }

  /** Fetches what is missing. Resolves when nothing is, or when the connection ended; it then goes on with the next one. */
  catchUp(): Promise<void> {
    this.#again = true;
    this.#catchingUp ??= this.#fetchAll().finally(() => {
      this.#catchingUp = undefined;
      // Pushed in the last moment, or not fetched because that failed.
      if (this.#held.length > 0) this.#waitForGap();
    });
    return this.#catchingUp;
  }

  async #follow(link: Asker, signal: AbortSignal): Promise<void> {
    // What an earlier connection was fetching ends with it.
    await this.#catchingUp;
    if (!signal.aborted && this.#link === link) await this.catchUp();
  }

  #take(change: Change): void {
    const { pts, ptsCount = 0, happenings } = change;
    if (pts === undefined) {
      void this.#handOn(happenings);
      return;
    }
    if (pts < this.#pts || (pts === this.#pts && ptsCount > 0)) return;
    const overloaded = this.#parts.sink.pending >= MAX_PENDING;
    if (this.#catchingUp !== undefined || overloaded || pts !== this.#pts + ptsCount) {
      this.#hold(change);
      return;
    }
    this.#apply(change, pts);
    this.#takeHeld();
  }

  #apply(change: Change, pts: number): void {
    this.#pts = pts;
    this.#lastChangeAt = this.#parts.clock.now();
    this.#commit(pts, change.happenings, change.ownMessageId);
  }

  #hold(change: Change): void {
    if (this.#held.length < MAX_HELD) this.#held.push(change);
    if (this.#catchingUp !== undefined) {
      this.#again = true;
      return;
    }
    this.#waitForGap();
  }

  #waitForGap(): void {
    this.#cancelGapTimer ??= this.#parts.clock.schedule(GAP_PATIENCE_MS, () => {
      this.#cancelGapTimer = undefined;
      if (this.#held.length > 0) void this.catchUp();
    });
  }

  /** What was held fits now, or has been handed on meanwhile. */
  #takeHeld(): void {
    if (this.#held.length === 0) return;
    const held = this.#held.toSorted((a, b) => (a.pts ?? 0) - (b.pts ?? 0));
    this.#held = [];
    for (const change of held) this.#take(change);
    if (this.#held.length === 0) {
      this.#cancelGapTimer?.();
      this.#cancelGapTimer = undefined;
    }
  }

  async #fetchAll(): Promise<void> {
    const { signal } = this.#abort;
    try {
      while (this.#again && this.#link !== undefined && !signal.aborted) {
        this.#again = false;
        await this.#fetch(this.#link, signal);
        // Pushed meanwhile: most of it was in the difference.
        this.#held = this.#held.filter(({ pts = 0 }) => pts > this.#pts);
        if (this.#held.length > 0) this.#again = true;
      }
    } catch (error) {
      if (!signal.aborted)
        this.#parts.logger.warn(`Missed updates could not be fetched yet: ${toCrmError(error).message}`);
    }
  }

  /** One round over the difference, to its end. */
  async #fetch(link: Asker, signal: AbortSignal): Promise<void> {
    for (;;) {
      await this.#parts.sink.below(MAX_PENDING / 2);
      const { qts, date } = this.#parts.tracker.committed;
      const ask = new Api.updates.GetDifference({ pts: this.#pts, qts, date });
      const difference = await this.#ask(link, signal, ask);
      if (difference instanceof Api.updates.DifferenceEmpty) {
        this.#parts.tracker.note({ date: difference.date });
        return;
      }
      if (difference === undefined || difference instanceof Api.updates.DifferenceTooLong) {
        await this.#recover(link, signal, difference?.pts);
        continue;
      }
      const { pts, qts: newQts, date: newDate } = stateAfter(difference);
      this.#parts.peers.note(difference.users);
      this.#pts = Math.max(this.#pts, pts);
      this.#lastChangeAt = this.#parts.clock.now();
      this.#commit(pts, readDifference(difference));
      this.#parts.tracker.note({ qts: newQts, date: newDate });
      if (difference instanceof Api.updates.Difference) return;
    }
  }

  /** The difference; `undefined` when it holds something that GramJS can't read. */
  async #ask(
    link: Asker,
    signal: AbortSignal,
    request: Api.updates.GetDifference,
  ): Promise<Api.updates.TypeDifference | undefined> {
    try {
      return await patiently(this.#parts.clock, signal, () => link.invoke(request));
    } catch (error) {
      if (!isUnreadable(error)) throw error;
      this.#parts.logger.error("Telegram's difference holds something unknown; the messages are fetched one by one.");
      return undefined;
    }
  }

  /** The log does not reach back, or can't be read: all messages since the last one known are fetched by their ids. */
  async #recover(link: Asker, signal: AbortSignal, pts: number | undefined): Promise<void> {
    const { clock, logger, sink, peers, tracker } = this.#parts;
    const after = pts ?? (await patiently(clock, signal, () => link.invoke(new Api.updates.GetState()))).pts;
    const first = tracker.committed.lastMessageId + 1;
    logger.warn(
      `Telegram's log does not reach back to where this account was left: messages from ${first} on are fetched.`,
    );
    const batches = messagesAfter(tracker.committed.lastMessageId, { clock, logger, signal, link });
    for await (const { happenings, users } of batches) {
      peers.note(users);
      await sink.below(MAX_PENDING / 2);
      // The position moves only once all of them are committed.
      this.#commit(this.#pts, happenings);
    }
    this.#pts = after;
    this.#commit(after, []);
  }

  #commit(pts: number, happenings: readonly Happening[], ownMessageId = 0): void {
    const messageIds = happenings.map((one) => (one.kind === "message" ? one.message.id : 0));
    const done = this.#parts.tracker.begin(pts, [...messageIds, ownMessageId]);
    void this.#handOn(happenings).then((all) => all && done());
  }

  /** Answers whether all of them were committed; what was not will come again. */
  async #handOn(happenings: readonly Happening[]): Promise<boolean> {
    const results = await Promise.allSettled(happenings.map((happening) => this.#parts.sink.accept(happening)));
    return results.every(({ status }) => status === "fulfilled");
  }
}

function stateAfter(difference: Api.updates.Difference | Api.updates.DifferenceSlice): Api.updates.State {
  return difference instanceof Api.updates.Difference ? difference.state : difference.intermediateState;
}

/** GramJS met a constructor that it does not know. */
function isUnreadable(error: unknown): boolean {
  return error instanceof Error && "invalidConstructorId" in error;
}
