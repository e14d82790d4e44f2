import type { Pipeline } from "@crmessenger/kernel/sales";
import { defineRecord } from "./define-record.ts";

export const pipelineRecord = defineRecord<Pipeline>("Pipeline", "pipelines", {
  name: "text",
  stages: "json",
  currency: "text",
});
