/** The value below which this share of the values lies, by nearest rank; 0 for no values. */
export function percentile(values: readonly number[], share: number): number {
  if (values.length === 0) return 0;
  const sorted = values.toSorted((a, b) => a - b);
  const rank = Math.max(1, Math.ceil(share * sorted.length));
  return Math.round((sorted[rank - 1] as number) * 10) / 10;
}
