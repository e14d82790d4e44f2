import { defineQuery } from "@crmessenger/kernel";
import { defineCollection } from "@crmessenger/kernel/infrastructure";
import { z } from "zod";
import { decimal } from "./decimal.ts";

const earned = z.object({
  /** How many converted leads brought a bonus. */
  leads: z.int(),
  sum: decimal,
});

export type EarnedBonus = z.infer<typeof earned>;

/** What each owner has earned, by the owner's id. */
export const earnedBonuses = defineCollection("bonus.earned", { schema: earned });

export const GetEarnedBonus = defineQuery({
  name: "bonus.earned.get",
  description: "What an owner's converted leads have brought.",
  input: z.object({ ownerId: z.string().min(1).max(200) }),
  output: earned,
  permission: "bonus.earned.read",
  http: { method: "GET", path: "/bonuses/:ownerId" },
});
