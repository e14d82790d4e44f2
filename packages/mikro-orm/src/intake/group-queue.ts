/** Something that waits to be committed with others. */
export interface Queued {
  /** What a group holds for itself while it is in flight: two that share a key go one after the other. */
  readonly keys: readonly string[];
}

export interface GroupQueueOptions<T> {
  readonly maxGroup: number;
  /** Groups at work at the same time. */
  readonly maxInFlight: number;
  /** How many must wait before a further group sets out beside one that is in flight. */
  readonly minBeside: number;
  /** Never rejects. */
  commit(group: readonly T[]): Promise<void>;
}

/**
 * Gathers arrivals into groups. While one group is committed the next one gathers, so groups are as large as the load
 * is high, and a single arrival waits for nobody. What shares a key keeps the order of its arrival.
 */
export class GroupQueue<T extends Queued> {
  readonly #options: GroupQueueOptions<T>;
  readonly #held = new Set<string>();
  #waiting: T[] = [];
  #inFlight = 0;
  #scheduled = false;

  constructor(options: GroupQueueOptions<T>) {
    this.#options = options;
  }

  add(item: T): void {
    this.#waiting.push(item);
    if (this.#scheduled || !this.#mayStart()) return;
    this.#scheduled = true;
    // At the end of this turn of the event loop, when everybody who is already here has joined.
    setImmediate(() => {
      this.#scheduled = false;
      this.#start();
    });
  }

  #mayStart(): boolean {
    if (this.#inFlight === 0) return true;
    return this.#inFlight < this.#options.maxInFlight && this.#waiting.length >= this.#options.minBeside;
  }

  #start(): void {
    while (this.#waiting.length > 0 && this.#mayStart()) {
      const group = this.#gather();
      if (group.length === 0) return; // all that wait share something with a group in flight
      void this.#run(group);
    }
  }

  async #run(group: readonly T[]): Promise<void> {
    this.#inFlight += 1;
    for (const { keys } of group) for (const key of keys) this.#held.add(key);
    await this.#options.commit(group);
    for (const { keys } of group) for (const key of keys) this.#held.delete(key);
    this.#inFlight -= 1;
    this.#start();
  }

  /** Whoever has to wait makes those wait behind it that share a key with it. */
  #gather(): readonly T[] {
    if (this.#held.size === 0 && this.#waiting.length <= this.#options.maxGroup) {
      const all = this.#waiting;
      this.#waiting = [];
      return all;
    }
    const group: T[] = [];
    const left: T[] = [];
    const blocked = new Set<string>();
    for (const item of this.#waiting) {
      if (group.length < this.#options.maxGroup && !item.keys.some((key) => this.#held.has(key) || blocked.has(key)))
        group.push(item);
      else {
        left.push(item);
        for (const key of item.keys) blocked.add(key);
      }
    }
    this.#waiting = left;
    return group;
  }
}
