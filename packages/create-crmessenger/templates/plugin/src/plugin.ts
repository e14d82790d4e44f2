import { definePlugin } from "@crmessenger/kernel";
import { Settings } from "@crmessenger/kernel/infrastructure";
import { LeadCreated, SalesHooks } from "@crmessenger/kernel/sales";
import { z } from "zod";

/** What an application gives the plugin: `templateName({ label: "…" })`. Checked when the application boots. */
const options = z.strictObject({ label: z.string().min(1) });

export const templateName = definePlugin({
  id: "template-name",
  version: "0.1.0",
  // What the plugin needs, by contract. An application that lacks one does not boot, and says which.
  deps: { settings: Settings },
  options,

  // Taps of extension points. This one runs in the transaction that stores a new lead, before it is stored.
  extend(taps, _services, { id, options }) {
    taps.tap(SalesHooks.leadDraft, (lead) => ({ ...lead, attributes: { ...lead.attributes, [id]: options.label } }));
  },

  // Subscriptions to events: after the commit, and what they store is stored exactly once.
  subscribe(events, { settings }) {
    events.on(LeadCreated, async ({ payload }) => settings.set(LAST_LEAD, payload.lead.id));
  },
});

/** The setting that names the last lead that was labelled. */
export const LAST_LEAD = "template-name.last-lead";
