import type { ThreadPlan } from "../conversations/plan-threads.ts";
import type { ApiClient } from "./api-client.ts";
import type { SaidThread } from "./tally.ts";

/** The states on the way to a sale. */
const STEPS = ["new", "in-progress", "qualified", "converted"] as const;

interface Lead {
  readonly status: string;
}

/** The managers of one run: one of them looks after a lead at a time. */
export class FollowUp {
  readonly #api: ApiClient;
  readonly #byLead = new Map<string, Promise<void>>();

  constructor(api: ApiClient) {
    this.#api = api;
  }

  /** Moves the lead of a chat that is over through its states, one by one. */
  async after({ conversationId }: SaidThread, { person }: ThreadPlan): Promise<void> {
    const { leadId } = await this.#api.get<{ leadId: string | null }>(`/api/v1/conversations/${conversationId}`);
    if (leadId === null) return;
    const goal = 1 + (person.length % (STEPS.length - 1)); // some buy, some don't, and the same ones every time
    const moved = (this.#byLead.get(leadId) ?? Promise.resolve()).then(() => this.#move(leadId, goal));
    this.#byLead.set(
      leadId,
      moved.catch(() => undefined), // the next chat of this person tries again
    );
    await moved;
  }

  async #move(leadId: string, goal: number): Promise<void> {
    const path = `/api/v2/leads/${leadId}`;
    const { status } = await this.#api.get<Lead>(path);
    const at = STEPS.findIndex((step) => step === status);
    for (const step of STEPS.slice(at + 1, goal + 1)) await this.#api.post(`${path}/status`, { status: step });
  }
}
