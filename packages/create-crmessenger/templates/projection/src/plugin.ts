import { answer, definePlugin } from "@crmessenger/kernel";
import { Collections, defineCollection } from "@crmessenger/kernel/infrastructure";
import { LeadCreated } from "@crmessenger/kernel/sales";
import { CountTemplateName, type Figures, figures } from "./operations.ts";

const days = defineCollection("template-name.days", { schema: figures });
const DAY_LENGTH = "2026-03-14".length;

/**
 * Figures that are kept up to date by events, and can be made again from the log: give the collection another name,
 * and `crmessenger replay template-name.projection --from start`.
 */
export const templateName = definePlugin({
  id: "template-name",
  version: "0.1.0",
  deps: { collections: Collections },
  boot: ({ collections }) => ({
    handlers: [
      answer(
        CountTemplateName,
        async ({ day }) => (await collections.open(days).get(day))?.value ?? { day, leads: {} },
      ),
    ],
  }),
  subscribe(events, { collections }) {
    // From the first event on, also those from before the plugin was there. The figures are stored in the same
    // transaction as the subscription's progress, so that every lead counts once.
    events.subscription({ name: "projection", from: "start" }).on(LeadCreated, async ({ occurredAt, payload }) => {
      const day = occurredAt.slice(0, DAY_LENGTH);
      const { channel } = payload.lead.source;
      const collection = collections.open(days);
      const { leads }: Figures = (await collection.get(day, { lock: true }))?.value ?? { day, leads: {} };
      await collection.put(day, { day, leads: { ...leads, [channel]: (leads[channel] ?? 0) + 1 } });
    });
  },
});
