/** The tail of an ascending list that is greater than `id`, without walking through all of it. */
export function newerThan(ids: readonly number[], id: number): number[] {
  let low = 0;
  let high = ids.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ids[middle] ?? 0) > id) high = middle;
    else low = middle + 1;
  }
  return ids.slice(low);
}
