export interface DisturbOptions<T> {
  /** Of the random numbers; the same seed disturbs in the same way. Default 1. */
  readonly seed?: number;
  /** Items that come a second time, somewhere after the first. Default 1. */
  readonly duplicates?: number;
  /** Items of one key keep their order among themselves; default: everything is reordered. */
  readonly keepOrderOf?: (item: T) => string;
}

/**
 * What a delivery that promises no more than "at least once" makes of `items`: nothing is missing, some come twice, and
 * the order is another. Deterministic.
 */
export function disturbed<T>(items: readonly T[], options: DisturbOptions<T> = {}): readonly T[] {
  const { seed = 1, duplicates = 1, keepOrderOf } = options;
  const random = randomNumbers(seed);
  const lanes = new Map<string, T[]>();
  for (const [index, item] of items.entries()) {
    const key = keepOrderOf?.(item) ?? `${index}`;
    lanes.set(key, [...(lanes.get(key) ?? []), item]);
  }
  const shuffled: T[] = [];
  const rest = [...lanes.values()];
  while (rest.length > 0) {
    const at = Math.floor(random() * rest.length);
    const lane = rest[at] as T[];
    shuffled.push(lane.shift() as T);
    if (lane.length === 0) rest.splice(at, 1);
  }
  for (let times = 0; times < duplicates && shuffled.length > 0; times += 1) {
    const from = Math.floor(random() * shuffled.length);
    const to = from + 1 + Math.floor(random() * (shuffled.length - from));
    shuffled.splice(to, 0, shuffled[from] as T);
  }
  return shuffled;
}

/** Lehmer's generator: enough to shuffle with. */
function randomNumbers(seed: number): () => number {
  let state = Math.max(1, Math.trunc(Math.abs(seed)) % 2_147_483_647);
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
}
