import type { Utterance } from "../conversations/conversation.ts";
import type { ThreadPlan } from "../conversations/plan-threads.ts";
import type { Phone } from "../world/people.ts";
import { fingerprint } from "../report/compare-sequence.ts";

/** What was said in one chat so far: what every observer must hold. A chat may be taken up again. */
export class SaidThread {
  readonly phone: Phone;
  readonly accountId: string;
  readonly expected: string[] = [];
  conversationId = "";
  inbound = 0;
  outbound = 0;

  constructor(phone: Phone, accountId: string) {
    this.phone = phone;
    this.accountId = accountId;
  }

  said({ speaker, text, media }: Utterance): void {
    if (speaker === "user") this.inbound += 1;
    else this.outbound += 1;
    this.expected.push(fingerprint(speaker === "user" ? "in" : "out", text, media?.sha256));
  }
}

/** What was done, for the report to hold against what can be seen from outside. */
export class Tally {
  readonly #threads = new Map<string, SaidThread>();
  readonly inboundLatencies: number[] = [];
  readonly outboundLatencies: number[] = [];
  conversations = 0;
  sent = 0;
  requested = 0;
  done = 0;
  readonly startedAt = Date.now();
  /** When the last utterance had arrived everywhere. */
  lastAt = Date.now();
  onProgress: () => void = () => {};

  get threads(): readonly SaidThread[] {
    return [...this.#threads.values()];
  }

  begin(plan: ThreadPlan, phone: Phone, accountId: string): SaidThread {
    const key = `${plan.channel}/${plan.person}`;
    const thread = this.#threads.get(key) ?? new SaidThread(phone, accountId);
    this.#threads.set(key, thread);
    this.conversations += plan.conversations.length;
    return thread;
  }

  progress(): void {
    this.done += 1;
    this.lastAt = Date.now();
    this.onProgress();
  }
}
