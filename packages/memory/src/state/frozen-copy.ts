/** Objects made here: frozen to the core, so that they can be handed out and stored again without another copy. */
const made = new WeakSet<object>();

/** A deeply frozen copy of plain data. What storing as JSON would drop (undefined fields) is dropped. */
export function frozenCopy<T>(value: T): T {
  if (typeof value !== "object" || value === null || made.has(value)) return value;
  const copy: object = Array.isArray(value)
    ? value.map((item: unknown) => frozenCopy(item ?? null))
    : Object.fromEntries(
        Object.entries(value)
          .filter(([, item]) => item !== undefined)
          .map(([name, item]) => [name, frozenCopy(item as unknown)]),
      );
  made.add(Object.freeze(copy));
  return copy as T;
}
