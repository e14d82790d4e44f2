import type { InboundMessage, InboundReceipt } from "@crmessenger/kernel/communication";
import { type StoredEvent, everything } from "@crmessenger/kernel/infrastructure";
import { expect } from "vitest";
import { eventually } from "../../time/eventually.ts";
import { newAccount, now } from "../sample-records.ts";
import type { StorageWorld } from "../storage-world.ts";

export async function account(world: StorageWorld): Promise<string> {
  return (await world.accounts.insert(newAccount(world))).id;
}

/** Events of the tenant, once the one that says that this message was received can be seen. */
export async function eventsUpTo(world: StorageWorld, receipt: InboundReceipt): Promise<readonly StoredEvent[]> {
  return eventually(async () => {
    const events = await world.log.read({ after: 0, limit: 1000 });
    const received = events.some(
      ({ topic, payload }) =>
        topic === "message.received" && (payload["message"] as { id?: string }).id === receipt.messageId,
    );
    expect(received).toBe(true);
    return events;
  });
}

export async function counts(world: StorageWorld) {
  const [contacts, identities, leads, conversations, messages] = await Promise.all(
    [world.contacts, world.identities, world.leads, world.conversations, world.messages].map((repository) =>
      repository.count(everything),
    ),
  );
  return { contacts, identities, leads, conversations, messages };
}

/** The next message in the chat and from the person of this one. */
export function followUp(
  world: StorageWorld,
  message: InboundMessage,
  changes: Partial<InboundMessage> = {},
): InboundMessage {
  return { ...message, externalId: `in-${world.ids.next()}`, sentAt: now(world), ...changes };
}
