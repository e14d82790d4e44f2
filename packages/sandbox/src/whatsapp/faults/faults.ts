import type { Random } from "../random.ts";
import type { FaultSettings } from "./fault-settings.ts";

const REORDER_WINDOW_MS = 20;

/** The switchboard of everything that may go wrong, on one repeatable source of randomness. */
export class Faults {
  readonly #random: Random;
  readonly #dropOne: (random: Random) => void;
  readonly #timers = new Set<NodeJS.Timeout>();
  #settings: FaultSettings = {};
  #disconnects: NodeJS.Timeout | undefined;
  #held: (() => void)[] = [];

  constructor(random: Random, dropOne: (random: Random) => void) {
    this.#random = random;
    this.#dropOne = dropOne;
  }

  /** Replaces all settings. What is held back already still comes out. */
  set(settings: FaultSettings): void {
    clearInterval(this.#disconnects);
    this.#settings = { ...settings };
    if (!settings.disconnectEveryMs) return;
    this.#disconnects = setInterval(() => this.#dropOne(this.#random), settings.disconnectEveryMs);
    this.#disconnects.unref();
  }

  /** Everything works again, and receipts that were held back are handed out. */
  clear(): void {
    this.set({});
    this.#release();
  }

  /** Stops the timers; held receipts are given up. */
  close(): void {
    clearInterval(this.#disconnects);
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    this.#held = [];
  }

  refusesLogin(): boolean {
    return this.#random.chance(this.#settings.refuseLoginRate ?? 0);
  }

  /** How to repeat a message, if at all. */
  repeat(): "same-stanza" | "encrypted-again" | undefined {
    if (!this.#random.chance(this.#settings.duplicateRate ?? 0)) return undefined;
    return this.#random.chance(0.5) ? "same-stanza" : "encrypted-again";
  }

  /** The error code an outgoing message is refused with, or undefined when it goes through. */
  nack(): number | undefined {
    return this.#random.chance(this.#settings.nackRate ?? 0) ? (this.#settings.nackCode ?? 500) : undefined;
  }

  losesAck(): boolean {
    return this.#random.chance(this.#settings.lostAckRate ?? 0);
  }

  /** Hands out a receipt: now, late, out of order or twice. */
  post(deliver: () => void): void {
    const copies = this.#random.chance(this.#settings.duplicateRate ?? 0) ? 2 : 1;
    const { lateReceiptMs = 0, reorderReceipts = false } = this.#settings;
    for (let copy = 0; copy < copies; copy += 1) {
      if (lateReceiptMs > 0) this.#later(deliver, this.#random.next() * lateReceiptMs);
      else if (reorderReceipts) this.#hold(deliver);
      else deliver();
    }
  }

  #hold(deliver: () => void): void {
    this.#held.push(deliver);
    if (this.#held.length === 1) this.#later(() => this.#release(), REORDER_WINDOW_MS);
  }

  #release(): void {
    const held = this.#random.shuffle(this.#held);
    this.#held = [];
    for (const deliver of held) deliver();
  }

  #later(work: () => void, delayMs: number): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      work();
    }, delayMs);
    this.#timers.add(timer);
  }
}
