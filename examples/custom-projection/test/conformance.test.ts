import { definePlugin } from "@crmessenger/kernel";
import {
  type Dimension,
  Dimensions,
  type Metric,
  Metrics,
  type Projection,
  Projections,
} from "@crmessenger/kernel/analytics";
import { createRegistry } from "@crmessenger/kernel/infrastructure";
import { describePlugin } from "@crmessenger/testing";
import { leadSteps } from "../src/index.ts";

/** Takes what the plugin registers, and builds nothing of it. */
const shelf = definePlugin({
  id: "shelf",
  version: "1.0.0",
  provides: { dimensions: Dimensions, metrics: Metrics, projections: Projections },
  boot: () => ({
    provide: {
      dimensions: createRegistry<Dimension>("dimension"),
      metrics: createRegistry<Metric>("metric"),
      projections: { ...createRegistry<Projection>("projection"), states: async () => [], rebuild: async () => {} },
    },
  }),
});

describePlugin({ plugin: () => leadSteps(), others: () => [shelf()] });
