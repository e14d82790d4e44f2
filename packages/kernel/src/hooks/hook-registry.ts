import { CrmError } from "../errors/crm-error.ts";
import { AroundHook, GuardHook, type HookOf, type HookServices, ObserveHook, TransformHook } from "./hook.ts";
import type { HookKind, TapFunction } from "./hook-point.ts";
import { orderTaps } from "./order-taps.ts";
import type { Tap, TapOptions } from "./tap.ts";
import type { PointTap } from "./tap-collector.ts";

type AnyHook = GuardHook<unknown> | TransformHook<unknown> | AroundHook<unknown, unknown> | ObserveHook<unknown>;
type PointLike = { readonly kind: HookKind; readonly name: string };

/** What `extend` gets: a facade that carries the plugin's name, so that a tap can't be spoofed. */
export interface HookTaps {
  tap<P extends PointLike>(point: P, run: TapFunction<P>, options?: TapOptions): void;
}

/** The hooks of one kernel. */
export class HookRegistry {
  readonly #hooks = new Map<string, AnyHook>();
  readonly #services: HookServices;

  constructor(services: HookServices) {
    this.#services = services;
  }

  /** Makes the point known; several plugins may call the same one. */
  declare(point: PointLike): void {
    const known = this.#hooks.get(point.name);
    if (!known) this.#hooks.set(point.name, this.#create(point));
    else if (known.kind !== point.kind) {
      throw new CrmError("CRM_HOOK_KIND", `${point.name} is declared both as ${known.kind} and as ${point.kind}.`, {
        details: { point: point.name },
      });
    }
  }

  /** The hook behind a declared point, for the code that calls it. */
  hook<P extends PointLike>(point: P): HookOf<P> {
    const found = this.#hooks.get(point.name);
    if (!found)
      throw new CrmError(
        "CRM_HOOK_UNKNOWN",
        `No plugin declares the hook point ${point.name}. Add the plugin that calls it.`,
        { details: { point: point.name } },
      );
    return found as unknown as HookOf<P>;
  }

  /**
   * Checks that every tapped point exists, orders the taps of each, and answers with what puts them in force in the
   * place of all earlier ones. Calls in flight end with the taps they began with. `absent` are plugins that are known
   * and not running: to be before or after one of them means nothing.
   */
  prepare(taps: readonly PointTap[], absent: ReadonlySet<string> = new Set()): () => void {
    const byPoint = Map.groupBy(taps, ({ point }) => point);
    for (const [point, strangers] of byPoint) if (!this.#hooks.has(point)) throw unknownPoint(point, strangers);
    const ordered = [...this.#hooks].map(([name, hook]) => {
      const own = (byPoint.get(name) ?? []).map(({ tap }) => tap);
      return [hook as { setTaps(taps: readonly Tap[]): void }, orderTaps(name, own, absent)] as const;
    });
    return () => {
      for (const [hook, own] of ordered) hook.setTaps(own);
    };
  }

  /** Names, kinds and taps in the order in which they run. */
  describe(): readonly { name: string; kind: HookKind; taps: readonly { plugin: string; stage: string }[] }[] {
    return [...this.#hooks.values()].map((hook) => ({
      name: hook.name,
      kind: hook.kind,
      taps: hook.taps.map(({ plugin, stage }) => ({ plugin, stage })),
    }));
  }

  #create(point: PointLike): AnyHook {
    switch (point.kind) {
      case "guard":
        return new GuardHook(point.name, "guard", this.#services);
      case "transform":
        return new TransformHook(point.name, "transform", this.#services);
      case "around":
        return new AroundHook(point.name, "around", this.#services);
      case "observe":
        return new ObserveHook(point.name, "observe", this.#services);
    }
  }
}

function unknownPoint(point: string, taps: readonly PointTap[]): CrmError {
  const plugins = taps.map(({ tap }) => `"${tap.plugin}"`).join(", ");
  return new CrmError(
    "CRM_HOOK_UNKNOWN",
    `${plugins} taps ${point}, which no plugin of this application calls. Add the plugin that calls it.`,
    { details: { point } },
  );
}
