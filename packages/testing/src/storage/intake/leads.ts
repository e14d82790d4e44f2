import type { Lead } from "@crmessenger/kernel/sales";
import { expect } from "vitest";
import { inboundMessage, newContact, newConversation, newLead } from "../sample-records.ts";
import type { StorageSuite } from "../storage-world.ts";
import { account, counts, followUp } from "./intake-records.ts";

export function leads({ test }: StorageSuite): void {
  test("opens a new lead when the conversation's is closed", async (world) => {
    const first = inboundMessage(world, await account(world));
    const one = await world.intake.accept(first);
    await world.leads.update({ ...((await world.leads.get(one.leadId)) as Lead), status: "disqualified" });
    const two = await world.intake.accept(followUp(world, first));
    expect(two.leadId).not.toBe(one.leadId);
    expect(await world.conversations.get(one.conversationId)).toMatchObject({ leadId: two.leadId });
    expect(await counts(world)).toMatchObject({ contacts: 1, leads: 2, conversations: 1 });
  });

  test("goes on with the contact's newest open lead in a new conversation", async (world) => {
    const channelAccountId = await account(world);
    const message = inboundMessage(world, channelAccountId);
    const { contactId } = await world.intake.accept(message);
    await world.leads.insert(newLead(world, contactId, { status: "in-progress" }));
    const newest = await world.leads.insert(newLead(world, contactId, { status: "qualified" }));
    await world.leads.insert(newLead(world, contactId, { status: "converted" }));
    const other = await world.intake.accept(followUp(world, message, { conversationExternalId: world.unique("chat") }));
    expect(other.leadId).toBe(newest.id);
  });

  test("stays with the conversation's open lead though the contact has a newer one", async (world) => {
    const message = inboundMessage(world, await account(world));
    const { contactId, leadId } = await world.intake.accept(message);
    await world.leads.insert(newLead(world, contactId));
    expect((await world.intake.accept(followUp(world, message))).leadId).toBe(leadId);
  });

  test("gives a lead to a conversation that was begun without one", async (world) => {
    const channelAccountId = await account(world);
    const contact = await world.contacts.insert(newContact(world));
    const message = inboundMessage(world, channelAccountId);
    const [identity] = message.sender.identities;
    await world.identities.insert({
      id: world.ids.next(),
      contactId: contact.id,
      aliases: [],
      ...(identity as { kind: string; value: string; verified: boolean }),
    });
    const conversation = await world.conversations.insert(
      newConversation(
        world,
        { channelAccountId, contactId: contact.id },
        { externalId: message.conversationExternalId, messageCount: 4 },
      ),
    );
    const receipt = await world.intake.accept(message);
    expect(receipt).toMatchObject({ conversationId: conversation.id, contactId: contact.id });
    expect(await world.messages.get(receipt.messageId)).toMatchObject({ ordinal: 5 });
    expect(await world.conversations.get(conversation.id)).toMatchObject({ leadId: receipt.leadId, messageCount: 5 });
  });
}
