import type { LeadStates } from "@crmessenger/kernel/sales";
import type { AmoCrmOptions } from "../options.ts";

/** Every pipeline of amoCRM ends with these two. */
const WON = 142;
const LOST = 143;

const FINAL: Readonly<Record<string, number>> = { converted: WON, disqualified: LOST };

/** amoCRM's status for one of ours; undefined for what is not mirrored. */
export function amoStatusOf(options: AmoCrmOptions, status: string): number | undefined {
  return options.statuses[status] ?? FINAL[status];
}

/** Whether a lead of amoCRM is done with, won or lost. */
export function isClosed(amoStatusId: number | null): boolean {
  return amoStatusId === WON || amoStatusId === LOST;
}

/** Our status for one of amoCRM's; undefined for what is not mirrored. */
export function ourStatusOf(options: AmoCrmOptions, amoStatusId: number): string | undefined {
  for (const [status, id] of Object.entries(options.statuses)) if (id === amoStatusId) return status;
  for (const [status, id] of Object.entries(FINAL)) {
    if (id === amoStatusId && options.statuses[status] === undefined) return status;
  }
  return undefined;
}

/**
 * The steps from one status to another along the table of transitions, without the first one: amoCRM lets a manager
 * skip, we don't. Undefined when there is no way.
 */
export function stepsBetween(states: LeadStates, from: string, to: string): readonly string[] | undefined {
  const cameFrom = new Map<string, string>();
  const queue = [from];
  for (const status of queue) {
    if (status === to) return pathTo(cameFrom, from, to);
    for (const next of states.state(status)?.next ?? []) {
      if (next === from || cameFrom.has(next)) continue;
      cameFrom.set(next, status);
      queue.push(next);
    }
  }
  return undefined;
}

function pathTo(cameFrom: ReadonlyMap<string, string>, from: string, to: string): string[] {
  const path: string[] = [];
  for (let at = to; at !== from; at = cameFrom.get(at) ?? from) path.unshift(at);
  return path;
}
