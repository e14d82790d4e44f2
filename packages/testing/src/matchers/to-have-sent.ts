import { type DeliveryUpdate, type Message, MessageRepository } from "@crmessenger/kernel/communication";
import { where } from "@crmessenger/kernel/infrastructure";
import { expect } from "vitest";
import type { RecordingHost } from "../communication/recording-host.ts";
import type { TestKernel } from "../kernel/create-test-kernel.ts";
import { type MatcherContext, type Outcome, search } from "./outcome.ts";

const SENT = new Set(["sent", "delivered", "read"]);

export function toHaveSent(
  this: MatcherContext,
  sender: TestKernel | RecordingHost,
  expected: string | Partial<Message> | Partial<DeliveryUpdate>,
): Promise<Outcome> {
  const like = (one: object) => typeof expected !== "string" && this.equals(one, expect.objectContaining(expected));
  if ("updates" in sender) {
    return search<DeliveryUpdate>(this, {
      all: async () => sender.updates,
      matches: (update) => SENT.has(update.status) && (update.externalId === expected || like(update)),
      wanted: `a report that ${this.utils.stringify(expected)} was sent`,
      show: (update) => update,
    });
  }
  return search<Message>(this, {
    all: () => outboundMessages(sender),
    matches: (message) => SENT.has(message.status) && (textOf(message) === expected || like(message)),
    wanted: `a sent message ${this.utils.stringify(expected)}`,
    show: (message) => ({ text: textOf(message), status: message.status, failure: message.failure }),
  });
}

async function outboundMessages(kernel: TestKernel): Promise<readonly Message[]> {
  const outbound = where<Message>("direction").eq("outbound");
  return (await kernel.get(MessageRepository).find(outbound, { limit: 200 })).items;
}

function textOf({ parts }: Message): string {
  return parts.flatMap((part) => (part.type === "text" ? [part.text] : [])).join("\n");
}
