/** Numbers for objects that live elsewhere: the table keeps none of them alive. */
export class WeakTable<T extends object> {
  readonly #ids = new WeakMap<T, number>();
  readonly #objects = new Map<number, WeakRef<T>>();
  readonly #gone = new FinalizationRegistry<number>((id) => this.#objects.delete(id));
  #last = 0;

  idOf(object: T): number {
    const known = this.#ids.get(object);
    if (known !== undefined) return known;
    this.#last += 1;
    this.set(this.#last, object);
    return this.#last;
  }

  /** The number somebody else gave the object. */
  set(id: number, object: T): void {
    this.#ids.set(object, id);
    this.#objects.set(id, new WeakRef(object));
    this.#gone.register(object, id);
  }

  /** The number of an object that has one. */
  find(object: T): number | undefined {
    return this.#ids.get(object);
  }

  get(id: number): T | undefined {
    return this.#objects.get(id)?.deref();
  }
}
