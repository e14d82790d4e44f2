import { CrmError, definePlugin } from "@crmessenger/kernel";
import { ChannelRegistry, lazyChannelProvider } from "@crmessenger/kernel/communication";
import type { ConfigProxy } from "@crmessenger/kernel/extensibility";
import { Clock, Secrets, Storage } from "@crmessenger/kernel/infrastructure";
import type { Application } from "./connection/telegram-link.ts";
import { type TelegramOptions, telegramOptions } from "./options.ts";
import { providerDescription } from "./provider-description.ts";
import { version } from "./version.ts";

/** Telegram accounts as a channel, through GramJS. */
export const telegram = definePlugin({
  id: "telegram",
  version,
  channels: ["telegram"],
  deps: { channels: ChannelRegistry, storage: Storage, secrets: Secrets, clock: Clock },
  options: telegramOptions,
  config: {
    TELEGRAM_API_ID: { secret: false, description: "The application's api_id from https://my.telegram.org." },
    TELEGRAM_API_HASH: { secret: true, description: "The application's api_hash." },
  },
  permissions: ["communication.message.receive"],
  boot({ channels, ...services }, { options, config }) {
    const application = applicationOf(options, config);
    const load = async () => (await import("./provider.ts")).createTelegramProvider(services, options, application);
    channels.register(lazyChannelProvider(providerDescription, load));
    return {};
  },
});

function applicationOf(options: TelegramOptions, config: ConfigProxy): Application {
  const { deviceModel, apiHash = config.require("TELEGRAM_API_HASH") } = options;
  const apiId = options.apiId ?? Number(config.require("TELEGRAM_API_ID"));
  if (!Number.isSafeInteger(apiId) || apiId <= 0)
    throw new CrmError(
      "CRM_TELEGRAM_API_ID",
      "TELEGRAM_API_ID is the whole number that https://my.telegram.org shows as api_id.",
    );
  return { apiId, apiHash, deviceModel, appVersion: version };
}
