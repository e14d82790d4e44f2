import type { EventDefinition, Handler, JobHandler, SubscribeOptions, TapOptions } from "@crmessenger/kernel";
import type { Route } from "@crmessenger/kernel/http";

/** What a worker needs to boot its plugin. Plain data. */
export interface Blueprint {
  /** URL of the module that exports the plugin. */
  readonly module: string;
  readonly id: string;
  /** As the schema of the plugin's options answered. */
  readonly options: unknown;
  /** The values of the declared environment variables, and no others. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Names of the optional dependencies that the application provides. */
  readonly present: readonly string[];
  /** Definitions that the kernel's thread knows by name. */
  readonly known: readonly string[];
}

type AnyFunction = (...args: never[]) => unknown;

export interface TapEntry {
  readonly point: { readonly kind: "guard" | "transform" | "around" | "observe"; readonly name: string };
  readonly run: AnyFunction;
  readonly options: TapOptions;
}

export interface SubscriptionEntry {
  readonly options: SubscribeOptions;
  readonly handlers: readonly { readonly event: EventDefinition<unknown>; readonly run: AnyFunction }[];
}

export type Phase = "start" | "ready" | "stop" | "health";

/** What the plugin brought to life in its worker. */
export interface Manifest {
  readonly handlers: readonly Handler[];
  readonly jobs: readonly JobHandler[];
  readonly routes: readonly Route[];
  readonly taps: readonly TapEntry[];
  readonly subscriptions: readonly SubscriptionEntry[];
  readonly phases: readonly Phase[];
  /** Names of the contracts it provides. */
  readonly provided: readonly string[];
}

/** What is the same after a restart: the kernel has wired it once and for all. */
export function shapeOf(manifest: Manifest): string {
  return JSON.stringify([
    manifest.handlers.map(({ operation }) => `${operation.name}@${operation.version}`),
    manifest.jobs.map(({ job }) => job.name),
    manifest.routes.map(({ method, path }) => `${method} ${path}`),
    manifest.taps.map(({ point, options }) => [point.name, options]),
    manifest.subscriptions.map(({ options, handlers }) => [
      options,
      handlers.map(({ event }) => `${event.topic}@${event.version}`),
    ]),
    manifest.phases,
    manifest.provided,
  ]);
}
