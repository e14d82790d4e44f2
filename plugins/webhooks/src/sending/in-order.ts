import { type KeptDelivery } from "./delivery-store.ts";
import { isDue } from "./lanes.ts";

export interface Ordered {
  /** For each entity what can be sent now, one after the other. */
  readonly ready: readonly (readonly KeptDelivery[])[];
  /** What is due and stands behind something that is not: it waits with that. */
  readonly behind: readonly KeptDelivery[];
}

/**
 * What of a page can be sent. `chained` holds all that is pending about its entities, in the order of the events, or of
 * each entity a beginning: what is beyond it has its turn later.
 */
export function inOrder(page: readonly KeptDelivery[], chained: readonly KeptDelivery[]): Ordered {
  const ready: (readonly KeptDelivery[])[] = page.flatMap((delivery) => (delivery.chain === null ? [[delivery]] : []));
  const behind: KeptDelivery[] = [];
  for (const chain of Map.groupBy(chained, (delivery) => delivery.chain).values()) {
    const [head] = chain;
    if (!head) continue;
    const due = chain.filter(isDue);
    if (isDue(head)) ready.push(leadingDue(chain));
    else behind.push(...due.map((delivery) => behindHead(delivery, head)));
  }
  return { ready, behind };
}

function behindHead(delivery: KeptDelivery, { queue, nextAttemptAt }: KeptDelivery): KeptDelivery {
  return { ...delivery, queue, nextAttemptAt };
}

function leadingDue(chain: readonly KeptDelivery[]): readonly KeptDelivery[] {
  const stop = chain.findIndex((delivery) => !isDue(delivery));
  return stop < 0 ? chain : chain.slice(0, stop);
}
