/** What the bench asks of a sender, in a process of its own. */
export type Order =
  /** Commit so many events as fast as may be. */
  | { readonly kind: "burst"; readonly count: number }
  /** Commit so many events one by one, so many milliseconds apart. */
  | { readonly kind: "paced"; readonly count: number; readonly everyMs: number }
  /** Add subscriptions that want something else. */
  | { readonly kind: "bystanders"; readonly count: number };

/** When events were committed, by id, in milliseconds of a clock that all processes share. */
export interface Done {
  readonly startedAt: number;
  readonly committed: readonly (readonly [id: string, at: number])[];
}

/** When events arrived at the sink. */
export type Arrivals = readonly (readonly [id: string, at: number])[];

/** Deliveries under way at once. */
export const CONCURRENCY = 32;

/** Events of one transaction in a burst. */
export const BATCH = 100;

export const now = (): number => performance.timeOrigin + performance.now();

/** What an event tells, about 600 bytes. */
export function contact(id: string) {
  const at = new Date().toISOString();
  const entity = { tenantId: "default", version: 1, createdAt: at, updatedAt: at, deletedAt: null };
  return { contact: { ...entity, id, name: "A customer ".repeat(25), ownerId: null, attributes: { source: "bench" } } };
}

/** Commits as the order says: `commit` stores events of these ids in one transaction. */
export async function carryOut(
  order: Exclude<Order, { kind: "bystanders" }>,
  nextId: () => string,
  commit: (ids: readonly string[]) => Promise<void>,
): Promise<Done> {
  const startedAt = now();
  const committed: [string, number][] = [];
  const step = order.kind === "burst" ? BATCH : 1;
  for (let left = order.count; left > 0; left -= step) {
    const ids = Array.from({ length: Math.min(step, left) }, nextId);
    await commit(ids);
    for (const id of ids) committed.push([id, now()]);
    if (order.kind === "paced") await new Promise((resolve) => setTimeout(resolve, order.everyMs));
  }
  return { startedAt, committed };
}
