/** What a bench found out. Ratios compare with a baseline of the same run, since machines and their moods differ. */
export interface BenchResult {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | number)[])[];
  readonly ratios: Readonly<Record<string, number>>;
  /** The figures behind the ratios. */
  readonly raw: Readonly<Record<string, unknown>>;
  /** What the ratios should be, for the reader. */
  readonly targets: Readonly<Record<string, string>>;
}

export type Bench = () => Promise<BenchResult>;

/** The middle of several measurements: one slow run says nothing. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
