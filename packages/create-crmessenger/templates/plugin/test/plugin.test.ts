import { Settings } from "@crmessenger/kernel/infrastructure";
import { CreateContact, CreateLead } from "@crmessenger/kernel/sales";
import { memory } from "@crmessenger/memory";
import { sales } from "@crmessenger/sales";
import { createTestKernel, eventually } from "@crmessenger/testing";
import { expect, test } from "vitest";
import { LAST_LEAD, templateName } from "../src/plugin.ts";

test("labels new leads, and remembers the last one", async () => {
  await using kernel = await createTestKernel({ plugins: [memory(), sales(), templateName({ label: "hello" })] });
  const person = { name: "Ada", identities: [], ownerId: null, attributes: {} };
  const { contact } = await kernel.bus.dispatch(CreateContact, person);
  const lead = await kernel.bus.dispatch(CreateLead, {
    title: "A question",
    contactId: contact.id,
    source: { channel: "web-form" },
    ownerId: null,
    teamId: null,
    attributes: {},
  });
  expect(lead.attributes).toEqual({ "template-name": "hello" });
  await eventually(async () => expect(await kernel.run(() => kernel.get(Settings).get(LAST_LEAD))).toBe(lead.id));
});

test("says what is wrong with its options", async () => {
  const plugins = [memory(), sales(), templateName({ label: "" })];
  await expect(createTestKernel({ plugins })).rejects.toMatchObject({ code: "CRM_PLUGIN_OPTIONS" });
});
