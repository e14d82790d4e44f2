import { setTimeout as sleep } from "node:timers/promises";

/** Lets messages go at a rate; without one, at once. */
export function createPace(rate: number | undefined): () => Promise<void> {
  if (rate === undefined) return async () => {};
  let next = Date.now();
  return async () => {
    const now = Date.now();
    const at = Math.max(now, next);
    next = at + 1000 / rate;
    if (at > now) await sleep(at - now);
  };
}
