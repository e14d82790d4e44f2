import { communication } from "@crmessenger/communication";
import { amocrm } from "@crmessenger/amocrm";
import { analytics } from "@crmessenger/analytics";
import { customFields } from "@crmessenger/custom-fields";
import { http } from "@crmessenger/http";
import { httpChannel } from "@crmessenger/http-channel";
import { iam } from "@crmessenger/iam";
import { createKernel } from "@crmessenger/kernel";
import { HttpServer } from "@crmessenger/kernel/http";
import { mikroOrm } from "@crmessenger/mikro-orm";
import { node } from "@crmessenger/node";
import { sales } from "@crmessenger/sales";
import { telegram } from "@crmessenger/telegram";
import { webhooks } from "@crmessenger/webhooks";
import { whatsapp } from "@crmessenger/whatsapp";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sayStarted } from "./say-started.ts";

/** The whole application with no accounts on its channels: everything is loaded, nothing is dialled. */
const started = performance.now();
const kernel = await createKernel({
  plugins: [
    mikroOrm(),
    node({ filesDirectory: join(tmpdir(), "crmessenger-bench-files") }),
    iam(),
    sales(),
    communication(),
    http({ port: 0 }),
    customFields(),
    webhooks(),
    analytics(),
    httpChannel(),
    telegram({ apiId: 1, apiHash: "bench" }),
    whatsapp(),
    amocrm({
      baseUrl: "https://example.amocrm.ru",
      chatsUrl: "https://amojo.amocrm.ru",
      clientId: "bench",
      channelId: "bench",
      redirectUri: "http://127.0.0.1/hooks/amocrm/oauth",
      publicUrl: "http://127.0.0.1",
    }),
  ],
  environment: { ...process.env, AMOCRM_CLIENT_SECRET: "bench", AMOCRM_CHANNEL_SECRET: "bench" },
});
const kernelMs = performance.now() - started;
sayStarted({ kernelMs, url: `${kernel.get(HttpServer).url}/ready` });
