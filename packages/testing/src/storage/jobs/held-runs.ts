import type { JobRun } from "@crmessenger/kernel/infrastructure";
import { type Gate, createGate } from "../../time/gate.ts";
import type { Probe } from "./probe-job.ts";

/** A worker that is held inside its jobs until the test lets them go, one gate a run. */
export function heldRuns() {
  const runs: { readonly n: number; readonly gate: Gate }[] = [];
  let [now, most] = [0, 0];
  const run = async ({ data }: JobRun<Probe>) => {
    const gate = createGate();
    most = Math.max(most, ++now);
    runs.push({ n: data.n, gate });
    await gate.opened;
    now -= 1;
  };
  return { runs, run, most: () => most, idle: () => now === 0 };
}
