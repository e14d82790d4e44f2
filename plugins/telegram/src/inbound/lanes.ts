/** Works on each chat's happenings one after another, and on different chats at the same time. */
export class Lanes {
  readonly #lanes = new Map<string, Promise<void>>();
  #pending = 0;
  #onRelief: Array<() => void> = [];

  /** How much is waiting or being worked on. */
  get pending(): number {
    return this.#pending;
  }

  /** Resolves, or rejects, as `work` does, which begins when all earlier work of the lane has ended. */
  run(lane: string, work: () => Promise<void>): Promise<void> {
    const earlier = this.#lanes.get(lane) ?? Promise.resolve();
    this.#pending += 1;
    const done = earlier.then(work);
    const ended: Promise<void> = done.then(
      () => this.#end(lane, ended),
      () => this.#end(lane, ended),
    );
    this.#lanes.set(lane, ended);
    return done;
  }

  /** Resolves once not more than `most` are pending. */
  async below(most: number): Promise<void> {
    while (this.#pending > most) await this.#relief();
  }

  #end(lane: string, ended: Promise<void>): void {
    this.#pending -= 1;
    if (this.#lanes.get(lane) === ended) this.#lanes.delete(lane);
    const waiting = this.#onRelief;
    this.#onRelief = [];
    for (const wake of waiting) wake();
  }

  #relief(): Promise<void> {
    return new Promise((resolve) => {
      this.#onRelief.push(resolve);
    });
  }
}
