import { createHook } from "node:async_hooks";
import { suiteApi } from "../suite/suite-api.ts";

/** What keeps a process alive: timers, sockets, servers, workers, children, watchers. */
const KINDS: ReadonlySet<string> = new Set([
  "Timeout",
  "TCPWRAP",
  "TCPSERVERWRAP",
  "TLSWRAP",
  "PIPEWRAP",
  "PIPESERVERWRAP",
  "UDPWRAP",
  "HTTP2SESSION",
  "WORKER",
  "PROCESSWRAP",
  "FSEVENTWRAP",
  "STATWATCHER",
  "SIGNALWRAP",
]);

interface Handle {
  readonly kind: string;
  readonly resource: WeakRef<object>;
}

/**
 * Runs work and then waits until everything is closed that was opened meanwhile and keeps the process alive. Rejects
 * with what is left.
 */
export async function expectNothingLeftOpen(work: () => Promise<unknown>): Promise<void> {
  const handles = new Map<number, Handle>();
  const hook = createHook({
    init(id, kind, _, resource: object) {
      if (KINDS.has(kind)) handles.set(id, { kind, resource: new WeakRef(resource) });
    },
    destroy: (id) => void handles.delete(id),
  }).enable();
  try {
    await work();
    await allClosed(() => [...handles.values()].filter(keepsAlive).map(({ kind }) => kind));
  } finally {
    hook.disable();
  }
}

const DEADLINE_MS = 5_000;

/** Looks once a turn of the event loop: a timer to wait with would be a handle, too. */
async function allClosed(left: () => readonly string[]): Promise<void> {
  const giveUpAt = performance.now() + Math.min(DEADLINE_MS, suiteApi().patienceMs);
  while (left().length > 0) {
    if (performance.now() > giveUpAt) throw new Error(`It left open: ${left().toSorted().join(", ")}.`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** A handle that is gone or unreferenced keeps nobody. */
function keepsAlive({ resource }: Handle): boolean {
  const handle = resource.deref() as { hasRef?(): boolean } | undefined;
  return handle !== undefined && (handle.hasRef?.() ?? true);
}
