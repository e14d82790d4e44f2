import type { SubscriptionTopics } from "../infrastructure/event-log.ts";
import type { HookKind } from "../hooks/hook-point.ts";

export type PluginStatus = "booted" | "started" | "failed" | "stopped" | "disabled";

export interface PluginInspection {
  readonly id: string;
  readonly version: string;
  readonly status: PluginStatus;
  readonly optional: boolean;
  /** `in-process`, or the name of its placement. */
  readonly placement: string;
  /** Contract ids. */
  readonly deps: readonly string[];
  readonly provides: readonly string[];
  readonly operations: readonly string[];
  readonly jobs: readonly string[];
  readonly routes: readonly string[];
  readonly subscriptions: readonly SubscriptionTopics[];
  readonly bootMs: number;
  readonly startMs: number;
  readonly failure?: string;
}

/** The live graph of a kernel, as plain data. */
export interface Inspection {
  /** In boot order. */
  readonly plugins: readonly PluginInspection[];
  /** Contract id → the plugin that provides it. */
  readonly contracts: Readonly<Record<string, string>>;
  readonly hooks: readonly {
    readonly name: string;
    readonly kind: HookKind;
    readonly taps: readonly { readonly plugin: string; readonly stage: string }[];
  }[];
  /** Milliseconds from the call of createKernel to ready. */
  readonly readyMs: number;
}
