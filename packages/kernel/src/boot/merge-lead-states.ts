import { CrmError } from "../errors/crm-error.ts";
import { type LeadState, type LeadStatus, leadStates } from "../sales/lead-state.ts";
import type { LeadStates } from "./kernel-contracts.ts";

/** One table of states from the kernel's and the plugins'. A plugin adds states and transitions; it removes none. */
export function mergeLeadStates(additions: readonly LeadState[]): LeadStates {
  const table = new Map<LeadStatus, LeadState>();
  for (const state of [...leadStates, ...additions]) {
    const known = table.get(state.status);
    const next = [...new Set([...(known?.next ?? []), ...state.next])];
    table.set(state.status, { status: state.status, next, final: known?.final ?? state.final ?? false });
  }
  validate(table);
  return {
    state: (status) => table.get(status),
    canTransition: (from, to) => table.get(from)?.next.includes(to) ?? false,
    all: () => [...table.values()],
  };
}

function validate(table: ReadonlyMap<LeadStatus, LeadState>): void {
  for (const state of table.values()) {
    const unknown = state.next.find((status) => !table.has(status));
    if (unknown !== undefined)
      throw invalid(`the state "${state.status}" leads to "${unknown}", which no plugin defines`);
    if (state.final && state.next.length > 0)
      throw invalid(`the state "${state.status}" is final and yet leads to ${state.next.join(", ")}`);
  }
  const reached = new Set<LeadStatus>(["new"]);
  for (const status of reached) for (const next of table.get(status)?.next ?? []) reached.add(next);
  const orphan = [...table.keys()].find((status) => !reached.has(status));
  if (orphan !== undefined) throw invalid(`no transition leads from "new" to "${orphan}"`);
}

function invalid(what: string): CrmError {
  return new CrmError("CRM_SALES_INVALID_STATES", `The lead states do not fit together: ${what}.`);
}
