import type { CrmError } from "../errors/crm-error.ts";
import { Deadlines } from "./deadlines.ts";
import type { HookOf } from "./hook.ts";
import type { HookKind, TapFunction } from "./hook-point.ts";
import { HookRegistry } from "./hook-registry.ts";
import type { TapOptions } from "./tap.ts";
import { TapCollector } from "./tap-collector.ts";

/** One plugin's tap in a test. */
export type TestTap<P> = readonly [plugin: string, run: TapFunction<P>, options?: TapOptions];

/** A hook with these taps, and what it reported. */
export function hookWith<P extends { readonly kind: HookKind; readonly name: string }>(
  point: P,
  ...taps: readonly TestTap<P>[]
): { readonly hook: HookOf<P>; readonly reported: readonly CrmError[] } {
  const reported: CrmError[] = [];
  const registry = new HookRegistry({ deadlines: new Deadlines(), report: (error) => void reported.push(error) });
  registry.declare(point);
  registry.prepare(
    taps.flatMap(([plugin, run, options]) => {
      const collector = new TapCollector(plugin);
      collector.tap(point, run, options);
      return collector.close();
    }),
  )();
  return { hook: registry.hook(point), reported };
}
