import { defineQuery } from "@crmessenger/kernel";
import { z } from "zod";

/** A day as leads count for it, in UTC. */
export const figures = z.object({
  /** `2026-03-14` */
  day: z.iso.date(),
  /** Leads by the channel that they came from. */
  leads: z.record(z.string(), z.number().int()),
});
export type Figures = z.output<typeof figures>;

export const CountTemplateName = defineQuery({
  name: "template-name.figures.get",
  description: "New leads of a day by channel.",
  input: z.object({ day: z.iso.date() }),
  output: figures,
  permission: "template-name.figures.read",
});
