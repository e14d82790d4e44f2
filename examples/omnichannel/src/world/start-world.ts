import { randomInt } from "node:crypto";
import { type AmoCrmManager, type AmoCrmSandbox, startAmoCrmSandbox } from "@crmessenger/sandbox/amocrm";
import { type TelegramAccount, type TelegramSandbox, startTelegramSandbox } from "@crmessenger/sandbox/telegram";
import { type BusinessAccount, type WhatsAppSandbox, startWhatsAppSandbox } from "@crmessenger/sandbox/whatsapp";
import { faultsOff, faultsOn } from "./faults.ts";
import { type WebhookReceiver, startWebhookReceiver } from "./webhook-receiver.ts";

/** The world outside the application: messengers, the CRM, the business's own phones, and a system that gets webhooks. */
export interface World extends AsyncDisposable {
  readonly telegram: TelegramSandbox;
  readonly whatsapp: WhatsAppSandbox;
  readonly amo: AmoCrmSandbox;
  readonly webhookReceiver: WebhookReceiver;
  readonly telegramPhone: TelegramAccount;
  readonly whatsappPhone: BusinessAccount;
  readonly manager: AmoCrmManager;
  readonly integration: { readonly clientId: string; readonly clientSecret: string };
  readonly channel: { readonly channelId: string; readonly secret: string };
  setFaults(on: boolean): void;
}

export async function startWorld(publicUrl: string): Promise<World> {
  const seed = randomInt(1, 1_000_000);
  const [telegram, whatsapp, amo, webhookReceiver] = await Promise.all([
    startTelegramSandbox({ seed }),
    startWhatsAppSandbox({ seed }),
    startAmoCrmSandbox({ seed }),
    startWebhookReceiver(),
  ]);
  const integration = amo.registerIntegration({ redirectUri: `${publicUrl}/hooks/amocrm/oauth`, name: "CRMessenger" });
  const channel = amo.registerChannel({
    webhookUrl: `${publicUrl}/hooks/amocrm/chats/:scope_id`,
    name: "CRMessenger",
    clientId: integration.clientId,
  });
  const world = {
    telegram,
    whatsapp,
    amo,
    webhookReceiver,
    telegramPhone: telegram.addAccount({
      firstName: "Coffee",
      lastName: "House",
      phone: "+15550100",
      username: "coffee_house",
    }),
    whatsappPhone: whatsapp.addAccount({ phone: "+15550101", name: "Coffee House" }),
    manager: amo.manager({ name: "Maria" }),
    integration,
    channel,
  };
  return {
    ...world,
    setFaults: (on) => (on ? faultsOn(world) : faultsOff(world)),
    async [Symbol.asyncDispose]() {
      await Promise.all([telegram.close(), whatsapp.close(), amo.close(), webhookReceiver[Symbol.asyncDispose]()]);
    },
  };
}
