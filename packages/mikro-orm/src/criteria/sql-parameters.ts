/** Collects the parameters of a statement that is being written. */
export class SqlParameters {
  readonly values: unknown[] = [];

  /** The placeholder of a value, cast to the type. */
  add(value: unknown, type: string): string {
    this.values.push(value);
    return `$${this.values.length}::${type}`;
  }
}
