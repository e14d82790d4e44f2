/** A door that is shut until somebody opens it: lets a test hold asynchronous work at a chosen point. */
export interface Gate<T = void> {
  /** Resolves when the gate is opened; rejects when it is broken. */
  readonly opened: Promise<T>;
  readonly isOpen: boolean;
  open(value: T): void;
  break(error: unknown): void;
}

/** A shut gate. */
export function createGate<T = void>(): Gate<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  let isOpen = false;
  promise.catch(() => {}); // a gate that nobody waits at may be broken
  return {
    opened: promise,
    get isOpen() {
      return isOpen;
    },
    open(value) {
      isOpen = true;
      resolve(value);
    },
    break: reject,
  };
}
