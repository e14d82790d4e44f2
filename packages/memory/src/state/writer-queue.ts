/** Lets one writer in at a time, in the order of asking. */
export class WriterQueue {
  #holder: object | undefined;
  readonly #waiting: { readonly owner: object; readonly enter: () => void }[] = [];

  /** Resolves when it is this owner's turn. */
  enter(owner: object): Promise<void> {
    if (this.#holder === undefined) {
      this.#holder = owner;
      return Promise.resolve();
    }
    return new Promise((resolve) => this.#waiting.push({ owner, enter: resolve }));
  }

  /** Gives the turn on, or the place in the queue up. The promise of one who leaves the queue resolves, too late. */
  leave(owner: object): void {
    const place = this.#waiting.findIndex((waiting) => waiting.owner === owner);
    if (place >= 0) this.#waiting.splice(place, 1)[0]?.enter();
    if (this.#holder !== owner) return;
    const next = this.#waiting.shift();
    this.#holder = next?.owner;
    next?.enter();
  }
}
