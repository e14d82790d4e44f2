import { expect } from "vitest";
import type { TestKernel } from "../kernel/create-test-kernel.ts";
import { type Topic, eventsOf, topicOf } from "../kernel/delivered.ts";
import { type MatcherContext, type Outcome, search } from "./outcome.ts";

export function toHaveEmitted(
  this: MatcherContext,
  kernel: TestKernel,
  event: Topic,
  payload: Readonly<Record<string, unknown>> = {},
): Promise<Outcome> {
  const detail = Object.keys(payload).length === 0 ? "" : ` with ${this.utils.stringify(payload)}`;
  return search(this, {
    all: () => eventsOf(kernel, event),
    matches: (stored) => this.equals(stored.payload, expect.objectContaining(payload)),
    wanted: `${topicOf(event)}${detail}`,
    show: (stored) => stored.payload,
  });
}
