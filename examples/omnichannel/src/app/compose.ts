import { join } from "node:path";
import { amocrm } from "@crmessenger/amocrm";
import { analytics } from "@crmessenger/analytics";
import { communication } from "@crmessenger/communication";
import { customFields } from "@crmessenger/custom-fields";
import { http } from "@crmessenger/http";
import { httpChannel } from "@crmessenger/http-channel";
import { iam } from "@crmessenger/iam";
import type { Plugin } from "@crmessenger/kernel";
import { mikroOrm } from "@crmessenger/mikro-orm";
import { node } from "@crmessenger/node";
import { sales } from "@crmessenger/sales";
import { telegram } from "@crmessenger/telegram";
import { webhooks } from "@crmessenger/webhooks";
import { whatsapp } from "@crmessenger/whatsapp";
import type { AppConfig } from "./config.ts";
import { interest } from "./interest.ts";
import { quickRetry } from "./quick-retry.ts";

/** The plugins of the application. What an omnichannel CRM is made of stands in this list, in any order. */
export function compose(config: AppConfig): readonly Plugin[] {
  const database =
    config.databaseUrl === undefined
      ? { dataDirectory: join(config.dataDirectory, "database") }
      : { databaseUrl: config.databaseUrl };
  return [
    mikroOrm(database),
    node({ filesDirectory: join(config.dataDirectory, "files"), allowedHosts: localProviders(config) }),
    iam(),
    sales(),
    communication(),
    http({ port: config.port }),
    customFields(),
    webhooks(),
    analytics(),
    interest(),
    quickRetry(),
    httpChannel(),
    telegram(config.telegram ?? {}),
    whatsapp(config.whatsapp ?? {}),
    ...(config.amocrm === undefined ? [] : [amocrm(withAddresses(config.amocrm, config.publicUrl))]),
  ];
}

/** amoCRM reaches us at the address that it knows, or at our own. */
function withAddresses(crm: NonNullable<AppConfig["amocrm"]>, ownUrl: string) {
  const publicUrl = crm.publicUrl ?? ownUrl;
  return { ...crm, publicUrl, redirectUri: `${publicUrl}/hooks/amocrm/oauth` };
}

/** The sandbox runs on this machine, where the HTTP client reaches nothing unless it is told to. */
function localProviders({ amocrm: crm, webhookReceivers }: AppConfig): string[] {
  const urls = crm === undefined ? webhookReceivers : [crm.baseUrl, crm.chatsUrl ?? crm.baseUrl, ...webhookReceivers];
  return [...new Set(urls.map((url) => new URL(url).hostname))];
}
