import type { ChannelAccount, Message } from "@crmessenger/kernel/communication";
import { type EntityRecord, type NewRecord, type Repository, where } from "@crmessenger/kernel/infrastructure";
import type { Deal, Lead, Pipeline } from "@crmessenger/kernel/sales";
import { expect } from "vitest";
import {
  newAccount,
  newContact,
  newConversation,
  newDeal,
  newLead,
  newMessage,
  newPipeline,
  newTeam,
  newUser,
  storeConversation,
  storeLead,
} from "../sample-records.ts";
import type { StorageSuite, StorageWorld } from "../storage-world.ts";

const TIMESTAMP = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

type Step<R extends EntityRecord> = (
  world: StorageWorld,
) => Promise<{ repository: Repository<R>; record: NewRecord<R>; change: Partial<R> }>;

export function everyEntity({ test }: StorageSuite): void {
  const keepsWhole = <R extends EntityRecord>(name: string, prepare: Step<R>) => {
    test(`keeps a ${name} whole through insert, update and remove`, async (world) => {
      const { repository, record, change } = await prepare(world);
      const inserted = await repository.insert(record);
      expect(inserted).toEqual({
        ...record,
        tenantId: world.tenantId,
        version: 1,
        createdAt: inserted.createdAt,
        updatedAt: inserted.updatedAt,
        deletedAt: null,
      });
      expect([inserted.createdAt, inserted.updatedAt]).toEqual([
        expect.stringMatching(TIMESTAMP),
        expect.stringMatching(TIMESTAMP),
      ]);
      expect(await repository.get(record.id)).toEqual(inserted);
      const updated = await repository.update({ ...inserted, ...change });
      expect(updated).toEqual({ ...inserted, ...change, version: 2, updatedAt: updated.updatedAt });
      expect(await repository.get(record.id)).toEqual(updated);
      expect((await repository.find(where<EntityRecord>("id").eq(record.id))).items).toEqual([updated]);
      await repository.remove(updated);
      expect(await repository.get(record.id)).toMatchObject({
        ...updated,
        version: expect.any(Number),
        updatedAt: expect.any(String),
        deletedAt: expect.stringMatching(TIMESTAMP),
      });
    });
  };
  keepsWhole("contact", async (world) => ({
    repository: world.contacts,
    record: newContact(world, {
      attributes: { birthday: "1990-02-28", children: 2, vip: true, note: null, tags: ["a", { b: "ё" }] },
    }),
    change: { name: "Anna 𝒫etrova 👩‍👩‍👧", attributes: { "день рождения": "1990-02-28" } },
  }));
  keepsWhole("channel identity", async (world) => {
    const contact = await world.contacts.insert(newContact(world));
    const record = {
      id: world.ids.next(),
      contactId: contact.id,
      kind: "phone",
      value: `+371${Date.now()}`,
      aliases: [],
      verified: false,
    };
    return { repository: world.identities, record, change: { aliases: ["371-old", "371-older"], verified: true } };
  });
  keepsWhole("lead", async (world) => {
    const contact = await world.contacts.insert(newContact(world));
    const team = await world.teams.insert(newTeam(world));
    const owner = await world.users.insert(newUser(world));
    const source = {
      channel: "web-form",
      utm: { source: "ads", campaign: "весна" },
      referrer: "https://example.com/?q=1",
    };
    return {
      repository: world.leads,
      record: newLead(world, contact.id, { source }),
      change: { status: "in-progress", ownerId: owner.id, teamId: team.id },
    };
  });
  keepsWhole<Pipeline>("pipeline", async (world) => ({
    repository: world.pipelines,
    record: newPipeline(world),
    change: {
      name: "Renamed",
      stages: [
        { id: "первый", name: "Первый", kind: "open", probability: 0.333 },
        { id: "done", name: "Done", kind: "won", probability: 1 },
        { id: "gone", name: "Gone", kind: "lost", probability: 0 },
      ],
    },
  }));
  keepsWhole<Deal>("deal", async (world) => {
    const { contactId, id: leadId } = await storeLead(world);
    const pipeline = await world.pipelines.insert(newPipeline(world));
    const amount = { amount: "123456789012345.1200", currency: "EUR" };
    return {
      repository: world.deals,
      record: newDeal(world, pipeline.id, { amount, contactId, leadId, attributes: { tags: ["a"] } }),
      change: {
        amount: null,
        stageId: "won",
        closedAt: "2026-01-02T03:04:05.678Z",
        ownerId: "somebody",
        companyId: world.ids.next(),
      },
    };
  });
  keepsWhole<ChannelAccount>("channel account", async (world) => ({
    repository: world.accounts,
    record: newAccount(world),
    change: { externalId: "4242", enabled: false, state: { status: "needs-login", reason: "Scan the code again." } },
  }));
  keepsWhole("conversation", async (world) => {
    const contact = await world.contacts.insert(newContact(world));
    const account = await world.accounts.insert(newAccount(world));
    const record = newConversation(world, { channelAccountId: account.id, contactId: contact.id });
    return {
      repository: world.conversations,
      record,
      change: { messageCount: 7, lastInboundAt: "2026-01-02T03:04:05.678Z" },
    };
  });
  keepsWhole<Message>("message", async (world) => {
    const conversation = await storeConversation(world);
    const file = { path: "in/a.jpg", size: 12, sha256: "0".repeat(64), mimeType: "image/jpeg", fileName: "кот.jpg" };
    const parts = [
      { type: "text", text: "\u202Eطويل\n\t\"'`<script>alert(1)</script>" } as const,
      { type: "media", kind: "image", file } as const,
      { type: "text", text: "" } as const,
    ];
    return {
      repository: world.messages,
      record: newMessage(world, conversation, { parts }),
      change: { status: "read", failure: null, origin: { system: "amocrm", id: "x/1" } },
    };
  });
  keepsWhole("user", async (world) => ({
    repository: world.users,
    record: newUser(world),
    change: { active: false, roleIds: [world.ids.next()], teamIds: [world.ids.next()] },
  }));
  keepsWhole("team", async (world) => {
    const parent = await world.teams.insert(newTeam(world));
    return {
      repository: world.teams,
      record: newTeam(world, { parentId: parent.id }),
      change: { name: "After sales", parentId: null },
    };
  });
  keepsWhole("role", async (world) => ({
    repository: world.roles,
    record: { id: world.ids.next(), name: "manager", grants: [{ permission: "sales.*", scope: "team" as const }] },
    change: {
      grants: [{ permission: "*", scope: "own" as const, criteria: where<Lead>("status").in(["new", "in-progress"]) }],
    },
  }));
}
