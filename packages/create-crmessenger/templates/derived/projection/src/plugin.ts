import { definePlugin } from "@crmessenger/kernel";
import { Dimensions, Metrics, Projections } from "@crmessenger/kernel/analytics";
import { leadFact, leads } from "./leads.ts";

/**
 * Rows that reports are made of, kept up to date by events; those from before the plugin was there are among them. What
 * a report can ask of them: the metric `template-name.steps`, along `template-name.channel`.
 */
export const templateName = definePlugin({
  id: "template-name",
  version: "0.1.0",
  deps: { dimensions: Dimensions, metrics: Metrics, projections: Projections },
  boot({ dimensions, metrics, projections }) {
    projections.register(leads());
    dimensions.register({
      name: "template-name.channel",
      label: "Channel",
      kind: "text",
      columns: { [leadFact.name]: "channel" },
    });
    metrics.register({
      name: "template-name.steps",
      label: "Steps",
      description: "How many times leads changed their status.",
      fact: leadFact.name,
      unit: "count",
      formula: { kind: "sum", column: "steps" },
    });
    return {};
  },
});
