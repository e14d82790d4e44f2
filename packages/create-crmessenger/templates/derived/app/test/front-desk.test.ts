import { Settings } from "@crmessenger/kernel/infrastructure";
import { CreateContact, CreateLead, type Lead } from "@crmessenger/kernel/sales";
import { memory } from "@crmessenger/memory";
import { sales } from "@crmessenger/sales";
import { type TestKernel, createTestKernel, describePlugin, eventually } from "@crmessenger/testing";
import { expect, test } from "vitest";
import { frontDesk, leadsFrom } from "../src/front-desk.ts";

async function createLead({ bus }: TestKernel): Promise<Lead> {
  const { contact } = await bus.dispatch(CreateContact, { name: "Ada", identities: [], ownerId: null, attributes: {} });
  return bus.dispatch(CreateLead, {
    title: "A question about coffee",
    contactId: contact.id,
    source: { channel: "web-form" },
    ownerId: null,
    teamId: null,
    attributes: {},
  });
}

test("a new lead says where it came from, and is counted", async () => {
  await using kernel = await createTestKernel({ plugins: [memory(), sales(), frontDesk({ prefix: true })] });
  expect((await createLead(kernel)).title).toBe("[web-form] A question about coffee");
  await eventually(async () => expect(await kernel.run(() => kernel.get(Settings).get(leadsFrom("web-form")))).toBe(1));
});

test("titles stay as they are where the application says so", async () => {
  await using kernel = await createTestKernel({ plugins: [memory(), sales(), frontDesk({ prefix: false })] });
  expect((await createLead(kernel)).title).toBe("A question about coffee");
});

// What every application relies on: that it needs what it declares and nothing else, and leaves nothing behind.
describePlugin({
  plugin: () => frontDesk({ prefix: true }),
  others: () => [memory(), sales()],
  exercise: async (kernel) => void (await createLead(kernel)),
});
