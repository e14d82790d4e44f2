import type { Clock } from "@crmessenger/kernel/infrastructure";
import type { Position } from "../session/account-store.ts";

const WRITE_INTERVAL_MS = 500;

interface Step {
  readonly pts: number;
  readonly lastMessageId: number;
  done: boolean;
}

/**
 * Knows up to where everything is committed, although chats are worked on in parallel, and stores it. What is stored
 * may lag behind: after a restart some messages come again and are recognised. It never runs ahead.
 */
export class PositionTracker {
  readonly #clock: Clock;
  readonly #save: (position: Position) => Promise<void>;
  readonly #onError: (error: unknown) => void;
  #steps: Step[] = [];
  #committed: Position;
  #stored: Position;
  #writing: Promise<void> | undefined;
  #cancelLater: (() => void) | undefined;

  constructor(
    position: Position,
    parts: {
      readonly clock: Clock;
      readonly save: (position: Position) => Promise<void>;
      readonly onError: (error: unknown) => void;
    },
  ) {
    this.#committed = position;
    this.#stored = position;
    this.#clock = parts.clock;
    this.#save = parts.save;
    this.#onError = parts.onError;
  }

  get committed(): Position {
    return this.#committed;
  }

  /** A step of the log is being worked on. Call the answer when all of it is committed; if it never is, nor is what follows. */
  begin(pts: number, messageIds: readonly number[]): () => void {
    const step: Step = { pts, lastMessageId: Math.max(...messageIds), done: false };
    this.#steps.push(step);
    return () => {
      step.done = true;
      this.#advance();
    };
  }

  /** The other numbers that Telegram keeps count with. */
  note(numbers: { readonly qts?: number; readonly date?: number }): void {
    this.#committed = { ...this.#committed, ...numbers };
  }

  /** Forgets the steps that were begun and not ended: they will come again. */
  abandon(): void {
    this.#steps = [];
  }

  /** Stores the position now. */
  async flush(): Promise<void> {
    this.#cancelLater?.();
    this.#cancelLater = undefined;
    await this.#writing;
    await this.#write();
  }

  #advance(): void {
    let count = 0;
    for (const step of this.#steps) {
      if (!step.done) break;
      count += 1;
      const lastMessageId = Math.max(this.#committed.lastMessageId, step.lastMessageId);
      this.#committed = { ...this.#committed, pts: step.pts, lastMessageId };
    }
    if (count === 0) return;
    this.#steps.splice(0, count);
    this.#cancelLater ??= this.#clock.schedule(WRITE_INTERVAL_MS, () => {
      this.#cancelLater = undefined;
      this.#writing = this.#write().finally(() => {
        this.#writing = undefined;
      });
    });
  }

  async #write(): Promise<void> {
    const position = this.#committed;
    if (position === this.#stored) return;
    try {
      await this.#save(position);
      this.#stored = position;
    } catch (error) {
      // The next step tries again; until then a restart would begin a little earlier.
      this.#onError(error);
    }
  }
}
