import { definePlugin } from "@crmessenger/kernel";
import { Settings } from "@crmessenger/kernel/infrastructure";
import { LeadCreated, SalesHooks } from "@crmessenger/kernel/sales";
import { z } from "zod";

/** What an application gives the plugin: `frontDesk({ prefix: true })`. Checked when the application boots. */
const options = z.strictObject({
  /** Whether a lead's title begins with the channel that it came from. */
  prefix: z.boolean(),
});

/** A plugin to begin with: says in a lead's title where it came from, and counts leads. */
export const frontDesk = definePlugin({
  id: "front-desk",
  version: "0.1.0",
  // What the plugin needs, by contract. An application that lacks one does not boot, and says which.
  deps: { settings: Settings },
  options,

  // In the transaction that stores the lead: what is changed here is what is stored.
  extend(taps, _services, { options }) {
    taps.tap(SalesHooks.leadDraft, (lead) =>
      options.prefix ? { ...lead, title: `[${lead.source.channel}] ${lead.title}` } : lead,
    );
  },

  // After the commit, exactly once: what this stores commits together with the progress of the subscription.
  subscribe(events, { settings }) {
    events.on(LeadCreated, async ({ payload }) => {
      const key = leadsFrom(payload.lead.source.channel);
      await settings.set(key, Number((await settings.get(key)) ?? 0) + 1);
    });
  },
});

/** The setting that counts the leads of a channel. */
export function leadsFrom(channel: string): string {
  return `front-desk.leads.${channel}`;
}
