import { definePlugin } from "@crmessenger/kernel";
import { DeliveryRetryStrategies } from "@crmessenger/kernel/extensibility";

const ATTEMPTS = 1_000;
const EVERY_MS = 1_000;

/** A plugin of this application: for a receiver next door that is soon back, webhooks need not wait for hours. */
export const quickRetry = definePlugin({
  id: "quick-retry",
  version: "1.0.0",
  deps: { strategies: DeliveryRetryStrategies },
  boot({ strategies }) {
    strategies.register({
      name: "quick",
      nextDelay: async (attempts, random) => (attempts.length < ATTEMPTS ? EVERY_MS * (0.5 + random) : null),
    });
    return {};
  },
});
