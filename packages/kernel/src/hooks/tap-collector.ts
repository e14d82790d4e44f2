import { CrmError } from "../errors/crm-error.ts";
import type { HookKind, TapFunction } from "./hook-point.ts";
import type { HookTaps } from "./hook-registry.ts";
import { DEFAULT_TAP_DEADLINE_MS, type Tap, type TapOptions } from "./tap.ts";

/** A tap with the name of the point that it wants to be at. */
export interface PointTap {
  readonly point: string;
  readonly tap: Tap;
}

/** Collects the taps of one plugin while its `extend` runs, and none later. */
export class TapCollector implements HookTaps {
  readonly #plugin: string;
  readonly #taps: PointTap[] = [];
  #isClosed = false;

  constructor(plugin: string) {
    this.#plugin = plugin;
  }

  tap<P extends { readonly kind: HookKind; readonly name: string }>(
    point: P,
    run: TapFunction<P>,
    options: TapOptions = {},
  ): void {
    if (this.#isClosed)
      throw new CrmError(
        "CRM_HOOK_FROZEN",
        `Plugin "${this.#plugin}" taps ${point.name} too late: tap in \`extend\`, before the kernel starts.`,
        { details: { point: point.name, plugin: this.#plugin } },
      );
    const tap: Tap = {
      plugin: this.#plugin,
      run: run as Tap["run"],
      stage: options.stage ?? "normal",
      before: options.before ?? [],
      after: options.after ?? [],
      deadlineMs: options.deadlineMs ?? DEFAULT_TAP_DEADLINE_MS,
    };
    this.#taps.push({ point: point.name, tap });
  }

  close(): readonly PointTap[] {
    this.#isClosed = true;
    return this.#taps;
  }
}
