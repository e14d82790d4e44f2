import { communication } from "@crmessenger/communication";
import { memory } from "@crmessenger/memory";
import { httpClient } from "@crmessenger/node";
import { sales } from "@crmessenger/sales";
import { describePlugin } from "@crmessenger/testing";
import { amocrm } from "../src/index.ts";

describePlugin({
  plugin: () =>
    amocrm({
      baseUrl: "https://example.amocrm.ru",
      clientId: "integration",
      redirectUri: "https://crm.example.com/hooks/amocrm/oauth",
      channelId: "channel",
      publicUrl: "https://crm.example.com",
    }),
  others: () => [memory(), sales(), communication(), httpClient()],
  environment: { AMOCRM_CLIENT_SECRET: "secret", AMOCRM_CHANNEL_SECRET: "secret" },
});
