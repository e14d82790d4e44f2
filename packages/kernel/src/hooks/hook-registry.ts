import { CrmError } from "../errors/crm-error.ts";
import { AroundHook, GuardHook, type HookOf, type HookServices, ObserveHook, TransformHook } from "./hook.ts";
import type { AnyHookPoint, HookKind, TapFunction } from "./hook-point.ts";
import { DEFAULT_TAP_DEADLINE_MS, type Tap, type TapOptions } from "./tap.ts";

type AnyHook = GuardHook<unknown> | TransformHook<unknown> | AroundHook<unknown, unknown> | ObserveHook<unknown>;
type PointLike = { readonly kind: HookKind; readonly name: string };

/** What `extend` gets: a facade that carries the plugin's name, so that a tap can't be spoofed. */
export interface HookTaps {
  tap<P extends PointLike>(point: P, run: TapFunction<P>, options?: TapOptions): void;
}

/** The hooks of one kernel. Points are declared, then tapped, then frozen. */
export class HookRegistry {
  readonly #hooks = new Map<string, AnyHook>();
  readonly #taps = new Map<string, Tap[]>();
  readonly #services: HookServices;
  #frozen = false;

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

  facade(plugin: string): HookTaps {
    return { tap: (point, run, options = {}) => this.#tap(plugin, point, run as Tap["run"], options) };
  }

  /** Takes the taps of a plugin out again, before the freeze. */
  forget(plugin: string): void {
    for (const [name, taps] of this.#taps) {
      const others = taps.filter((tap) => tap.plugin !== plugin);
      if (others.length > 0) this.#taps.set(name, others);
      else this.#taps.delete(name);
    }
  }

  /** Checks that every tapped point exists and puts the taps in order. Later taps are refused. */
  freeze(): void {
    this.#frozen = true;
    for (const [name, taps] of this.#taps) {
      const hook = this.#hooks.get(name);
      if (!hook) {
        const plugins = taps.map((tap) => `"${tap.plugin}"`).join(", ");
        throw new CrmError(
          "CRM_HOOK_UNKNOWN",
          `${plugins} taps ${name}, which no plugin of this application calls. Add the plugin that calls it.`,
          { details: { point: name } },
        );
      }
      (hook as { setTaps(taps: readonly Tap[]): void }).setTaps(taps);
    }
  }

  /** Names, kinds and taps in the order in which they run. */
  describe(): readonly { name: string; kind: HookKind; taps: readonly { plugin: string; stage: string }[] }[] {
    return [...this.#hooks.values()].map((hook) => ({
      name: hook.name,
      kind: hook.kind,
      taps: hook.taps.map(({ plugin, stage }) => ({ plugin, stage })),
    }));
  }

  #tap(plugin: string, point: AnyHookPoint | PointLike, run: Tap["run"], options: TapOptions): void {
    if (this.#frozen)
      throw new CrmError(
        "CRM_HOOK_FROZEN",
        `Plugin "${plugin}" taps ${point.name} too late: tap in \`extend\`, before the kernel starts.`,
        { details: { point: point.name, plugin } },
      );
    const tap: Tap = {
      plugin,
      run,
      stage: options.stage ?? "normal",
      before: options.before ?? [],
      after: options.after ?? [],
      deadlineMs: options.deadlineMs ?? DEFAULT_TAP_DEADLINE_MS,
    };
    const taps = this.#taps.get(point.name);
    if (taps) taps.push(tap);
    else this.#taps.set(point.name, [tap]);
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
