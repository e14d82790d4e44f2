// #if amocrm
import { amocrm } from "@crmessenger/amocrm";
// #end
import { communication } from "@crmessenger/communication";
// #if http
import { httpChannel } from "@crmessenger/http-channel";
// #end
import { iam } from "@crmessenger/iam";
import type { Plugin } from "@crmessenger/kernel";
import { sales } from "@crmessenger/sales";
// #if telegram
import { telegram } from "@crmessenger/telegram";
// #end
// #if whatsapp
import { whatsapp } from "@crmessenger/whatsapp";
// #end
import { frontDesk } from "./front-desk.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** What this CRM does, wherever its data are kept: the tests run it in memory. */
export function crm(environment: Environment): readonly Plugin[] {
  return [
    iam(),
    sales(),
    communication(),
    // #if http
    httpChannel(),
    // #end
    // #if telegram
    ...telegramIn(environment),
    // #end
    // #if whatsapp
    whatsapp(),
    // #end
    // #if amocrm
    ...amoCrmIn(environment),
    // #end
    frontDesk({ prefix: true }),
  ];
}
// #if telegram

/** Telegram is there as soon as .env names the application that it is used by. */
function telegramIn({ TELEGRAM_API_ID: id }: Environment): readonly Plugin[] {
  return id ? [telegram()] : [];
}
// #end
// #if amocrm

/** amoCRM is there as soon as .env names the account. */
function amoCrmIn(environment: Environment): readonly Plugin[] {
  const { AMOCRM_BASE_URL: baseUrl, PUBLIC_URL: publicUrl = "http://127.0.0.1:3000" } = environment;
  if (!baseUrl) return [];
  const { AMOCRM_CLIENT_ID: clientId = "", AMOCRM_CHANNEL_ID: channelId = "" } = environment;
  return [amocrm({ baseUrl, clientId, channelId, publicUrl, redirectUri: `${publicUrl}/hooks/amocrm/oauth` })];
}
// #end
