/** Collects the parameters of a statement that is being written. */
export class SqlParameters {
  readonly values: unknown[] = [];
  readonly #first: number;

  /** Placeholders are numbered from `first` on. */
  constructor(first = 1) {
    this.#first = first;
  }

  /** The placeholder of a value, cast to the type. */
  add(value: unknown, type: string): string {
    this.values.push(value);
    return `$${this.#first + this.values.length - 1}::${type}`;
  }
}
