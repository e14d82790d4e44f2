import type { HookTaps } from "@crmessenger/kernel";
import type { TapEntry } from "./manifest.ts";

/** Takes down what a plugin taps. */
export function tapList(): { readonly entries: readonly TapEntry[]; readonly facade: HookTaps } {
  const entries: TapEntry[] = [];
  const facade: HookTaps = {
    tap(point, run, options = {}) {
      const { kind, name } = point;
      entries.push({ point: { kind, name }, run: run as TapEntry["run"], options });
    },
  };
  return { entries, facade };
}
