import { AsyncLocalStorage } from "node:async_hooks";

const work = new AsyncLocalStorage<true>();

/**
 * Runs work in which values are stored as they come: they were checked against the type that they are converted to, and
 * what is required or may be written is not asked when nobody fills in a form.
 */
export function converting<T>(run: () => Promise<T>): Promise<T> {
  return work.run(true, run);
}

export function isConverting(): boolean {
  return work.getStore() ?? false;
}
