import { ChannelAccountRepository, Intake } from "@crmessenger/kernel/communication";
import { CustomFieldManager } from "@crmessenger/kernel/extensibility";
import { AttributeIndexes, Ids } from "@crmessenger/kernel/infrastructure";
import { LeadRepository } from "@crmessenger/kernel/sales";
import { mikroOrm } from "@crmessenger/mikro-orm";
import { sales } from "@crmessenger/sales";
import { createTestKernel, eventually } from "@crmessenger/testing";
import { expect, test } from "vitest";
import { AttachField, ChangeFieldType, customFields } from "../src/index.ts";

const environment = { CRMESSENGER_SECRET_KEY: Buffer.alloc(32, 1).toString("base64") };

test("fields of leads that first messages make, with indexes, through a change of type", async () => {
  await using kernel = await createTestKernel({ plugins: [mikroOrm(), sales(), customFields()], environment });
  const id = () => kernel.get(Ids).next();
  const definition = { name: "heat", label: "Heat", type: { kind: "text" }, default: "5", indexed: true };
  await kernel.bus.execute(AttachField, { entity: "lead", definition });
  const states = () => kernel.run(() => kernel.get(AttributeIndexes).states("lead"));
  await eventually(async () => expect(await states()).toMatchObject([{ kind: "text", status: "ready" }]));
  const leads = await kernel.run(async () => {
    const account = await kernel.get(ChannelAccountRepository).insert({
      id: id(),
      type: "telegram",
      name: "Shop",
      enabled: true,
      settings: {},
      externalId: null,
      state: { status: "stopped", reason: "" },
    });
    const message = (person: number) => ({
      channelAccountId: account.id,
      channelType: "telegram",
      externalId: `m-${person}`,
      conversationExternalId: `chat-${person}`,
      sender: { name: "Anna", identities: [{ kind: "telegram", value: `anna-${person}`, verified: true }] },
      parts: [{ type: "text" as const, text: "Hello" }],
      sentAt: "2026-01-02T03:04:05.006Z",
    });
    const receipts = await Promise.all([1, 2, 3].map((person) => kernel.get(Intake).accept(message(person))));
    return receipts.map(({ leadId }) => leadId);
  });
  const change = {
    entity: "lead",
    name: "heat",
    type: { kind: "number" as const },
    dryRun: false,
    dropRejected: false,
  };
  expect(await kernel.bus.dispatch(ChangeFieldType, change)).toMatchObject({ converted: 3, rejected: [] });
  const stored = await kernel.run(() => kernel.get(LeadRepository).getMany(leads));
  expect(stored.map(({ attributes }) => attributes)).toEqual([{ heat: 5 }, { heat: 5 }, { heat: 5 }]);
  await eventually(async () => expect(await states()).toMatchObject([{ kind: "number", status: "ready" }]));
  expect(await kernel.run(() => kernel.get(CustomFieldManager).fields("lead"))).toMatchObject([{ default: 5 }]);
});
