import { definePlugin } from "@crmessenger/kernel";
import { ChannelRegistry } from "@crmessenger/kernel/communication";
import { Clock, HttpClient, Secrets } from "@crmessenger/kernel/infrastructure";
import { z } from "zod";
import { createProvider } from "./provider.ts";

const options = z.strictObject({
  /** Milliseconds between two looks at what is new. */
  pollEveryMs: z.number().int().positive().default(1_000),
});

/** Accounts of Template name as a channel. */
export const templateName = definePlugin({
  id: "template-name",
  version: "0.1.0",
  deps: { channels: ChannelRegistry, clock: Clock, http: HttpClient, secrets: Secrets },
  options,
  permissions: ["communication.message.receive"],
  boot({ channels, ...services }, { options }) {
    channels.register(createProvider(services, options));
    return {};
  },
});
