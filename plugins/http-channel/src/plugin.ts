import { definePlugin } from "@crmessenger/kernel";
import { ChannelRegistry } from "@crmessenger/kernel/communication";
import { Clock, HttpClient, Secrets, Storage } from "@crmessenger/kernel/infrastructure";
import { HttpChannelProvider } from "./provider.ts";
import { version } from "./version.ts";
import { webhookRoute } from "./webhook-route.ts";

/** A channel for any system that posts and takes signed JSON webhooks. */
export const httpChannel = definePlugin({
  id: "http-channel",
  version,
  channels: ["http"],
  deps: { channels: ChannelRegistry, clock: Clock, http: HttpClient, secrets: Secrets, storage: Storage },
  permissions: ["communication.message.receive"],
  boot({ channels, ...services }) {
    const provider = new HttpChannelProvider(services);
    channels.register(provider);
    return { routes: [webhookRoute(services, provider)] };
  },
});
