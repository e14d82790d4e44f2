/** Lets one in at a time, in order of arrival. */
export class Mutex {
  #locked = false;
  readonly #waiting: (() => void)[] = [];

  /** Resolves with the function that lets the next one in; calling it again does nothing. */
  async acquire(): Promise<() => void> {
    if (this.#locked) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#locked = true;
    let released = false;
    return () => {
      if (released) return;
      released = true;
      const next = this.#waiting.shift();
      if (next) next();
      else this.#locked = false;
    };
  }
}
