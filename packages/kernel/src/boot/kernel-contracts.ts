import { contract } from "../contract.ts";
import type { Route } from "../http/route.ts";
import type { LeadState, LeadStatus } from "../sales/lead-state.ts";
import type { Inspection } from "./inspection.ts";
import type { HealthReport } from "./health.ts";

/** The live kernel, for those that show it: the HTTP API, the CLI. */
export interface KernelView {
  inspect(): Inspection;
  health(): Promise<HealthReport>;
  /** True once everything has started, until the stop begins. */
  isReady(): boolean;
  /** Calls back after plugins were disabled, enabled or reloaded: routes and operations may be others. */
  watch(changed: () => void): () => void;
}

export const KernelView = contract<KernelView>("infrastructure.kernel-view", 1, {
  inspect: "wait",
  isReady: "wait",
  watch: "undo",
});

/** A route with the plugin it belongs to, as which it runs unless a user calls it, and what that plugin may do. */
export type PluginRoute = Route & { readonly plugin: string; readonly permissions: readonly string[] };

/** The routes of all plugins, for the HTTP server. Complete when servers start; another list after a change that `KernelView.watch` tells of. */
export interface RouteTable {
  routes(): readonly PluginRoute[];
}

export const RouteTable = contract<RouteTable>("http.route-table", 1, { routes: "wait" });

/** The states of leads, merged from the kernel and all plugins, and validated. */
export interface LeadStates {
  /** The state, or undefined for an unknown status. */
  state(status: LeadStatus): LeadState | undefined;
  canTransition(from: LeadStatus, to: LeadStatus): boolean;
  all(): readonly LeadState[];
}

export const LeadStates = contract<LeadStates>("sales.lead-states", 1, {
  state: "wait",
  canTransition: "wait",
  all: "wait",
});
