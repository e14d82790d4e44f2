type Ending = () => unknown;

interface Entry {
  readonly target: object;
  /** Takes back what was handed out, where it is something that lasts: a lease, a subscription. */
  ending: Ending | undefined;
}

/** What ends a thing that lasts, in the order of preference. */
const ENDINGS: readonly string[] = ["stop", "release", "cancel"];

/** Functions and objects that the other side may call, by number. */
export class Handles {
  readonly #entries = new Map<number, Entry>();
  #last = 0;
  #pinned = 0;

  add(target: object): number {
    this.#last += 1;
    this.#entries.set(this.#last, { target, ending: undefined });
    return this.#last;
  }

  get(id: number): object | undefined {
    return this.#entries.get(id)?.target;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** What is here so far stays for ever. Answers the highest number of it. */
  pin(): number {
    this.#pinned = this.#last;
    return this.#pinned;
  }

  /** It was handed out for good: when the other side goes down, it is ended. */
  keep(id: number): void {
    const entry = this.#entries.get(id);
    if (!entry) return;
    const target = entry.target as Readonly<Record<string, unknown>>;
    if (typeof target === "function") entry.ending = target as unknown as Ending;
    else {
      const name = ENDINGS.find((member) => typeof target[member] === "function");
      if (name !== undefined) entry.ending = () => (target[name] as Ending)();
    }
  }

  /** The other side ended it itself. */
  ended(id: number, member: string): void {
    const entry = this.#entries.get(id);
    if (entry && (member === "" || ENDINGS.includes(member))) entry.ending = undefined;
  }

  /** The other side holds it no more. What lasts goes on all the same. */
  release(id: number): void {
    if (id <= this.#pinned || this.#entries.get(id)?.ending) return;
    this.#entries.delete(id);
  }

  /** Takes back everything that lasts, and forgets the rest. */
  endAll(report: (error: unknown) => void): void {
    const endings = [...this.#entries.values()].flatMap(({ ending }) => (ending ? [ending] : []));
    this.#entries.clear();
    for (const ending of endings) (async () => ending())().catch(report);
  }
}
