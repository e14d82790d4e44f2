/** How what an observer holds differs from what was said. */
export interface Comparison {
  readonly missing: number;
  /** More often than said, or never said. */
  readonly duplicates: number;
  /** How often a message stands before one that was said earlier. */
  readonly orderViolations: number;
}

/** Compares two sequences; the k-th occurrence of a thing stands for the k-th time it was said. */
export function compareSequence(expected: readonly string[], actual: readonly string[]): Comparison {
  const places = new Map<string, number[]>();
  expected.forEach((key, index) => places.set(key, [...(places.get(key) ?? []), index]));
  const used = new Map<string, number>();
  let duplicates = 0;
  let orderViolations = 0;
  let last = -1;
  for (const key of actual) {
    const nth = used.get(key) ?? 0;
    const place = places.get(key)?.[nth];
    if (place === undefined) {
      duplicates += 1;
      continue;
    }
    used.set(key, nth + 1);
    if (place < last) orderViolations += 1;
    last = place;
  }
  const found = [...used.values()].reduce((sum, count) => sum + count, 0);
  return { missing: expected.length - found, duplicates, orderViolations };
}

/** What a message is recognised by, wherever it is looked at. */
export function fingerprint(direction: "in" | "out", text: string, sha256: string | undefined): string {
  return `${direction}|${sha256 ?? ""}|${text}`;
}
