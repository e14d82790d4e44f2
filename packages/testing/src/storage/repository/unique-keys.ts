import { everything } from "@crmessenger/kernel/infrastructure";
import { expect } from "vitest";
import { newContact, newConversation, newMessage, newPipeline, newUser, storeConversation } from "../sample-records.ts";
import type { StorageSuite, StorageWorld } from "../storage-world.ts";

export function uniqueKeys({ test }: StorageSuite): void {
  const duplicate = { code: "CRM_STORAGE_DUPLICATE", status: 409, details: { constraint: expect.any(String) } };
  const refuses = (
    what: string,
    twice: (world: StorageWorld) => Promise<readonly [() => Promise<unknown>, () => Promise<unknown>]>,
  ) => {
    test(`refuses a second ${what} with CRM_STORAGE_DUPLICATE`, async (world) => {
      const [first, second] = await twice(world);
      await first();
      await expect(second()).rejects.toMatchObject(duplicate);
    });
  };
  refuses("record of an id", async (world) => {
    const contact = newContact(world);
    return [() => world.contacts.insert(contact), () => world.contacts.insert(contact)];
  });
  refuses("user of an e-mail address", async (world) => {
    const insert = () => world.users.insert(newUser(world, { email: "same@example.com" }));
    return [insert, insert];
  });
  refuses("role of a name", async (world) => {
    const insert = () => world.roles.insert({ id: world.ids.next(), name: "manager", grants: [] });
    return [insert, insert];
  });
  refuses("pipeline of a name", async (world) => {
    const insert = () => world.pipelines.insert(newPipeline(world));
    return [insert, insert];
  });
  refuses("identity of a kind and value", async (world) => {
    const insert = async () => {
      const contact = await world.contacts.insert(newContact(world));
      await world.identities.insert({
        id: world.ids.next(),
        contactId: contact.id,
        kind: "email",
        value: "a@example.com",
        aliases: [],
        verified: true,
      });
    };
    return [insert, insert];
  });
  refuses("conversation of a chat", async (world) => {
    const { channelAccountId, contactId, externalId } = await storeConversation(world);
    return [
      async () => undefined,
      () => world.conversations.insert(newConversation(world, { channelAccountId, contactId }, { externalId })),
    ];
  });
  refuses("message of an external id on one account, whatever the conversation", async (world) => {
    const one = await storeConversation(world);
    const other = await world.conversations.insert(
      newConversation(world, { channelAccountId: one.channelAccountId, contactId: one.contactId }),
    );
    return [
      () => world.messages.insert(newMessage(world, one, { externalId: "m1" })),
      () => world.messages.insert(newMessage(world, other, { externalId: "m1" })),
    ];
  });
  refuses("message of an ordinal in one conversation", async (world) => {
    const conversation = await storeConversation(world);
    const insert = () => world.messages.insert(newMessage(world, conversation, { ordinal: 3 }));
    return [insert, insert];
  });

  test("accepts the same external id on another account, and any number of messages without one", async (world) => {
    const [one, other] = [await storeConversation(world), await storeConversation(world)];
    await world.messages.insert(newMessage(world, one, { externalId: "m1", ordinal: 1 }));
    await world.messages.insert(newMessage(world, other, { externalId: "m1", ordinal: 1 }));
    for (const ordinal of [2, 3])
      await world.messages.insert(
        newMessage(world, one, { externalId: null, ordinal, direction: "outbound", status: "queued" }),
      );
    expect(await world.messages.count(everything)).toBe(4);
  });

  test("lets exactly one of many concurrent inserts have the key", async (world) => {
    const results = await Promise.allSettled(
      Array.from({ length: 8 }, () => world.users.insert(newUser(world, { email: "race@example.com" }))),
    );
    expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    for (const result of results) if (result.status === "rejected") expect(result.reason).toMatchObject(duplicate);
  });

  test("refuses an update into a taken key and leaves the record as it was", async (world) => {
    await world.users.insert(newUser(world, { email: "taken@example.com" }));
    const user = await world.users.insert(newUser(world));
    await expect(world.users.update({ ...user, email: "taken@example.com" })).rejects.toMatchObject(duplicate);
    expect(await world.users.get(user.id)).toEqual(user);
  });
}
