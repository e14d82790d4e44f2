import { memory } from "@crmessenger/memory";
import { httpClient } from "@crmessenger/node";
import { createTestKernel } from "@crmessenger/testing";
import { expect, test } from "vitest";
import { crm } from "../src/crm.ts";

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

test("the plugins fit together", async () => {
  const plugins = [memory(), httpClient(), ...crm(ENVIRONMENT)];
  await using kernel = await createTestKernel({ plugins, environment: ENVIRONMENT });
  expect(kernel.inspect().plugins.map(({ id }) => id)).toEqual(
    expect.arrayContaining(plugins.map(({ definition }) => definition.id)),
  );
});
