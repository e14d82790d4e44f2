import type { InboundMessage } from "@crmessenger/kernel/communication";
import { where } from "@crmessenger/kernel/infrastructure";
import type { ChannelIdentity } from "@crmessenger/kernel/sales";
import { expect } from "vitest";
import { inboundMessage, newContact } from "../sample-records.ts";
import type { StorageSuite, StorageWorld } from "../storage-world.ts";
import { account, counts } from "./intake-records.ts";

export function people({ test }: StorageSuite): void {
  const from = (world: StorageWorld, channelAccountId: string, identities: InboundMessage["sender"]["identities"]) =>
    inboundMessage(world, channelAccountId, { sender: { name: "Anna", identities } });
  const claim = (kind: string, value: string) => ({ kind, value, verified: true });

  test("knows a person by any identity and attaches the ones it did not know", async (world) => {
    const channelAccountId = await account(world);
    const phone = claim("phone", "+37120000002");
    const [telegram, whatsapp] = [claim("telegram", world.unique("user")), claim("whatsapp", world.unique("user"))];
    const first = await world.intake.accept(from(world, channelAccountId, [telegram, phone]));
    const second = await world.intake.accept(from(world, channelAccountId, [whatsapp, phone]));
    const third = await world.intake.accept(from(world, channelAccountId, [whatsapp]));
    expect(new Set([first.contactId, second.contactId, third.contactId]).size).toBe(1);
    const identities = (await world.identities.find(where<ChannelIdentity>("contactId").eq(first.contactId))).items;
    expect(identities.map(({ kind }) => kind).toSorted()).toEqual(["phone", "telegram", "whatsapp"]);
    expect(await counts(world)).toMatchObject({ contacts: 1, leads: 1, conversations: 3 });
  });

  test("knows a person by an alias", async (world) => {
    const contact = await world.contacts.insert(newContact(world));
    await world.identities.insert({
      id: world.ids.next(),
      contactId: contact.id,
      kind: "phone",
      value: "+5511987654321",
      aliases: ["+551187654321"],
      verified: true,
    });
    const receipt = await world.intake.accept(from(world, await account(world), [claim("phone", "+551187654321")]));
    expect(receipt.contactId).toBe(contact.id);
    expect(await counts(world)).toMatchObject({ contacts: 1, identities: 1 });
  });

  test("takes the same value of another kind, and of another tenant, for another person", async (world) => {
    const value = world.unique("user");
    const first = await world.intake.accept(from(world, await account(world), [claim("telegram", value)]));
    const second = await world.intake.accept(from(world, await account(world), [claim("whatsapp", value)]));
    const third = await world.inTenant(world.unique("tenant"), async () =>
      world.intake.accept(from(world, await account(world), [claim("telegram", value)])),
    );
    expect(new Set([first, second, third].map(({ contactId }) => contactId)).size).toBe(3);
  });

  test("names a person without a name by the first identity", async (world) => {
    const identity = claim("telegram", world.unique("user"));
    const receipt = await world.intake.accept(
      inboundMessage(world, await account(world), { sender: { name: "", identities: [identity] } }),
    );
    expect(await world.contacts.get(receipt.contactId)).toMatchObject({ name: identity.value });
    expect(await world.leads.get(receipt.leadId)).toMatchObject({ title: identity.value });
  });

  test("makes one contact of a new person who writes in many chats at once", async (world) => {
    const identities = [claim("telegram", world.unique("user")), claim("phone", "+37120000003")];
    const accounts = await Promise.all(Array.from({ length: 3 }, () => account(world)));
    const messages = Array.from({ length: 9 }, (_, index) =>
      from(world, accounts[index % 3] as string, index % 2 === 0 ? identities : identities.toReversed()),
    );
    const receipts = await Promise.all(messages.map((message) => world.intake.accept(message)));
    expect(new Set(receipts.map(({ contactId }) => contactId)).size).toBe(1);
    expect(new Set(receipts.map(({ leadId }) => leadId)).size).toBe(1);
    expect(await counts(world)).toEqual({ contacts: 1, identities: 2, leads: 1, conversations: 9, messages: 9 });
  });
}
