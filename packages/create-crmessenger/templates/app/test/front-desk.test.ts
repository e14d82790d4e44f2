import { Settings } from "@crmessenger/kernel/infrastructure";
import { CreateContact, CreateLead } from "@crmessenger/kernel/sales";
import { memory } from "@crmessenger/memory";
import { httpClient } from "@crmessenger/node";
import { createTestKernel, eventually } from "@crmessenger/testing";
import { expect, test } from "vitest";
import { crm } from "../src/crm.ts";
import { leadsFrom } from "../src/front-desk.ts";

/** What .env says elsewhere. */
const ENVIRONMENT = {
  LOG_LEVEL: "warn",
  // #if telegram
  TELEGRAM_API_ID: "12345",
  TELEGRAM_API_HASH: "0123456789abcdef0123456789abcdef",
  // #end
  // #if amocrm
  AMOCRM_BASE_URL: "https://example.amocrm.ru",
  AMOCRM_CLIENT_ID: "client",
  AMOCRM_CHANNEL_ID: "channel",
  AMOCRM_CLIENT_SECRET: "secret",
  AMOCRM_CHANNEL_SECRET: "secret",
  // #end
};

test("the plugins fit together, and a new lead says where it came from and is counted", async () => {
  const plugins = [memory(), httpClient(), ...crm(ENVIRONMENT)];
  await using kernel = await createTestKernel({ plugins, environment: ENVIRONMENT });

  const { contact } = await kernel.bus.dispatch(CreateContact, {
    name: "Ada",
    identities: [{ kind: "email", value: "ada@example.org", verified: false }],
    ownerId: null,
    attributes: {},
  });
  const lead = await kernel.bus.dispatch(CreateLead, {
    title: "A question about coffee",
    contactId: contact.id,
    source: { channel: "web-form" },
    ownerId: null,
    teamId: null,
    attributes: {},
  });

  expect(lead.title).toBe("[web-form] A question about coffee");
  await eventually(async () => expect(await kernel.run(() => kernel.get(Settings).get(leadsFrom("web-form")))).toBe(1));
});
