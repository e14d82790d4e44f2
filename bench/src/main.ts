import { benchAnalytics } from "./analytics/bench-analytics.ts";
import { benchBoot } from "./boot/bench-boot.ts";
import { benchCustomFields } from "./custom-fields/bench-custom-fields.ts";
import { benchHooks } from "./hooks/bench-hooks.ts";
import { benchInbound } from "./inbound/bench-inbound.ts";
import { benchTypes } from "./types/bench-types.ts";
import { benchWebhooks } from "./webhooks/bench-webhooks.ts";
import type { Bench } from "./bench.ts";
import { publish } from "./publish.ts";

const benches: Readonly<Record<string, Bench>> = {
  hooks: benchHooks,
  boot: benchBoot,
  types: benchTypes,
  inbound: benchInbound,
  analytics: benchAnalytics,
  "custom-fields": benchCustomFields,
  webhooks: benchWebhooks,
};

const asked = process.argv.slice(2).filter((argument) => !argument.startsWith("-"));
const unknown = asked.find((name) => !(name in benches));
if (unknown !== undefined) {
  console.error(`There is no bench "${unknown}". Known: ${Object.keys(benches).join(", ")}.`);
  process.exit(2);
}
for (const name of asked.length === 0 ? Object.keys(benches) : asked) publish(name, await (benches[name] as Bench)());
process.exit(0);
