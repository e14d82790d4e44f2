import type { ThreadPlan } from "../conversations/plan-threads.ts";
import type { ApiClient } from "./api-client.ts";
import type { SaidThread } from "./tally.ts";

/** The states on the way to a sale. */
const STEPS = ["new", "in-progress", "qualified", "converted"] as const;

interface Lead {
  readonly status: string;
}

/** The managers of one run, who look after people once these have said everything, on whichever messenger. */
export class FollowUp {
  readonly #api: ApiClient;
  readonly #chatsLeft = new Map<string, number>();

  constructor(api: ApiClient) {
    this.#api = api;
  }

  /** These chats are about to be played. */
  expect(threads: readonly ThreadPlan[]): void {
    this.#chatsLeft.clear();
    for (const { person } of threads) this.#chatsLeft.set(person, (this.#chatsLeft.get(person) ?? 0) + 1);
  }

  /** A chat is over. After a person's last one the lead goes through its states, one by one: a closed one gets no more. */
  async after({ conversationId }: SaidThread, { person }: ThreadPlan): Promise<void> {
    const left = (this.#chatsLeft.get(person) ?? 1) - 1;
    this.#chatsLeft.set(person, left);
    if (left > 0) return;
    const { leadId } = await this.#api.get<{ leadId: string | null }>(`/api/v1/conversations/${conversationId}`);
    if (leadId === null) return;
    const goal = 1 + (person.length % (STEPS.length - 1)); // some buy, some don't, and the same ones every time
    const path = `/api/v2/leads/${leadId}`;
    const { status } = await this.#api.get<Lead>(path);
    const at = STEPS.findIndex((step) => step === status);
    for (const step of STEPS.slice(at + 1, goal + 1)) await this.#api.post(`${path}/status`, { status: step });
  }
}
