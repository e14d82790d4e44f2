import { definePlugin } from "@crmessenger/kernel";
import { ChannelRegistry } from "@crmessenger/kernel/communication";
import { Clock, HttpClient, Secrets, Storage } from "@crmessenger/kernel/infrastructure";
import { TemplateNameProvider } from "./template-name-provider.ts";

/** Template name accounts: customers write there, managers answer from the CRM. */
export const templateName = definePlugin({
  id: "template-name",
  version: "0.1.0",
  deps: { channels: ChannelRegistry, clock: Clock, http: HttpClient, secrets: Secrets, storage: Storage },
  permissions: ["communication.message.receive"],
  channels: ["template-name"],
  boot({ channels, ...services }) {
    channels.register(new TemplateNameProvider(services));
    return {};
  },
});
