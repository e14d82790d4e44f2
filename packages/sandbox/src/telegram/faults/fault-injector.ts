import { seededRandom, type Random } from "./seeded-random.ts";
import type { FaultSwitches, TelegramFaults } from "./telegram-faults.ts";

const DEFAULT_FLOOD_WAIT_SECONDS = 3;
const REORDER_WINDOW_MS = 200;

type Rate = "floodWaitRate" | "duplicateUpdateRate" | "dropUpdateRate" | "rpcErrorRate" | "lostAnswerRate";

const RATES: readonly Rate[] = [
  "floodWaitRate",
  "duplicateUpdateRate",
  "dropUpdateRate",
  "rpcErrorRate",
  "lostAnswerRate",
];
const DURATIONS = ["disconnectEveryMs", "floodWaitSeconds", "lateReceiptMs"] as const;

/** Decides, reproducibly for a seed, what goes wrong. The other parts of the data centre ask it. */
export class FaultInjector implements FaultSwitches {
  readonly #draws: Record<Rate, Random>;
  readonly #timing: Random;
  readonly #onChange: Array<() => void> = [];
  readonly #floodedUntil = new Map<number, number>();
  #faults: TelegramFaults = {};
  #lastReceiptAt = new Map<number, number>();

  constructor(seed: number) {
    this.#draws = Object.fromEntries(RATES.map((rate) => [rate, seededRandom(seed, rate)])) as Record<Rate, Random>;
    this.#timing = seededRandom(seed, "timing");
  }

  get current(): TelegramFaults {
    return this.#faults;
  }

  set(faults: TelegramFaults): void {
    for (const rate of RATES) {
      const value = faults[rate];
      if (value !== undefined && !(value >= 0 && value <= 1)) throw new RangeError(`${rate} goes from 0 to 1.`);
    }
    for (const duration of DURATIONS) {
      const value = faults[duration];
      if (value !== undefined && !(value >= 0)) throw new RangeError(`${duration} cannot be negative.`);
    }
    this.#faults = { ...this.#faults, ...faults };
    for (const changed of this.#onChange) changed();
  }

  clear(): void {
    this.#faults = {};
    this.#floodedUntil.clear();
    for (const changed of this.#onChange) changed();
  }

  /** Calls back whenever faults change. */
  onChange(changed: () => void): void {
    this.#onChange.push(changed);
  }

  /** How long the next connection lives; `undefined` when connections are left alone. */
  connectionLifetime(): number | undefined {
    const every = this.#faults.disconnectEveryMs ?? 0;
    return every > 0 ? every * (0.5 + this.#timing()) : undefined;
  }

  /** Seconds that the account must wait before it may send, or 0. */
  floodWait(userId: number, now = Date.now()): number {
    const until = this.#floodedUntil.get(userId) ?? 0;
    if (until > now) return Math.ceil((until - now) / 1000);
    if (!this.#happens("floodWaitRate")) return 0;
    const seconds = this.#faults.floodWaitSeconds ?? DEFAULT_FLOOD_WAIT_SECONDS;
    this.#floodedUntil.set(userId, now + seconds * 1000);
    return seconds;
  }

  requestFails(): boolean {
    return this.#happens("rpcErrorRate");
  }

  answerGetsLost(): boolean {
    return this.#happens("lostAnswerRate");
  }

  /** How many times a pushed update arrives: 0, 1 or 2. */
  arrivals(): 0 | 1 | 2 {
    if (this.#happens("dropUpdateRate")) return 0;
    return this.#happens("duplicateUpdateRate") ? 2 : 1;
  }

  /** How late a read receipt of this reader arrives. Receipts of one reader stay in order unless reordering is on. */
  receiptDelay(readerId: number, now = Date.now()): number {
    const { lateReceiptMs = 0, reorderReceipts = false } = this.#faults;
    const window = lateReceiptMs > 0 ? lateReceiptMs : reorderReceipts ? REORDER_WINDOW_MS : 0;
    const delay = window > 0 ? this.#timing() * window : 0;
    if (reorderReceipts) return delay;
    const at = Math.max(now + delay, this.#lastReceiptAt.get(readerId) ?? 0);
    if (at <= now) return 0;
    this.#lastReceiptAt.set(readerId, at);
    return at - now;
  }

  #happens(rate: Rate): boolean {
    const probability = this.#faults[rate] ?? 0;
    return probability > 0 && this.#draws[rate]() < probability;
  }
}
