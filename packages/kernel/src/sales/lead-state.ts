/** The id of a lead's state. Plugins may add states to the five of the kernel. */
export type LeadStatus = string;

/** One state and where a lead may go from it. Tables of all plugins are merged and validated at boot. */
export interface LeadState {
  readonly status: LeadStatus;
  /** Statuses that may follow. */
  readonly next: readonly LeadStatus[];
  /** Nothing follows a final state but a reopening, which is a new lead. */
  readonly final?: boolean;
}

/** New → In progress → Qualified → Converted, or Disqualified; no skipping. */
export const leadStates: readonly LeadState[] = Object.freeze([
  { status: "new", next: ["in-progress", "disqualified"] },
  { status: "in-progress", next: ["qualified", "disqualified"] },
  { status: "qualified", next: ["converted", "disqualified"] },
  { status: "converted", next: [], final: true },
  { status: "disqualified", next: [], final: true },
]);
