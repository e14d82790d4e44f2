const KEPT = 10_000;

/** Which message ids Telegram gave to what was sent, by random id. Bounded: the oldest are forgotten. */
export class SentIds {
  readonly #ids = new Map<string, number>();

  note(randomId: string, messageId: number): void {
    this.#ids.set(randomId, messageId);
    if (this.#ids.size <= KEPT) return;
    for (const oldest of this.#ids.keys()) {
      this.#ids.delete(oldest);
      return;
    }
  }

  find(randomId: string): number | undefined {
    return this.#ids.get(randomId);
  }
}
