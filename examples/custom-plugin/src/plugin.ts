import { answer, definePlugin } from "@crmessenger/kernel";
import { Collections } from "@crmessenger/kernel/infrastructure";
import { LeadStatusChanged, SalesHooks } from "@crmessenger/kernel/sales";
import { z } from "zod";
import type { BonusFormula } from "./bonus-formula.ts";
import { capFrom } from "./cap.ts";
import { decimal, formatMoney, isDecimal, parseDecimal } from "./decimal.ts";
import { GetEarnedBonus, earnedBonuses } from "./earned-bonus.ts";
import { version } from "./version.ts";
import { withBonus } from "./with-bonus.ts";

const field = z.string().min(1).max(100);

const options = z
  .strictObject({
    /** From which sum on which percent of it is paid. The highest step that a sum reaches counts. */
    steps: z.array(z.strictObject({ from: decimal, percent: decimal })).min(1),
    /** The custom field that holds the sum. */
    sumField: field.default("sum"),
    /** The custom field that the bonus is written to. */
    bonusField: field.default("bonus"),
  })
  .refine(({ sumField, bonusField }) => sumField !== bonusField, "sumField and bonusField are two fields");

/** Writes the bonus that a lead's sum brings into the lead, and adds up what owners have earned. */
export const bonus = definePlugin({
  id: "bonus",
  version,
  deps: { collections: Collections },
  options,
  config: {
    BONUS_CAP: { secret: false, description: "The most that one lead brings, such as 500.00. Default: no limit." },
  },

  boot({ collections }) {
    const earned = collections.open(earnedBonuses);
    return {
      handlers: [
        answer(GetEarnedBonus, async ({ ownerId }) => (await earned.get(ownerId))?.value ?? { leads: 0, sum: "0.00" }),
      ],
    };
  },

  // Before a lead is stored, in its unit of work. `late`, so that the sum is the one that other plugins leave.
  extend(taps, _services, { options, config }) {
    const fields = { sum: options.sumField, bonus: options.bonusField };
    const formula: BonusFormula = { steps: options.steps, ...capFrom(config) };
    taps.tap(SalesHooks.leadDraft, (lead) => withBonus(lead, fields, formula), { stage: "late" });
    taps.tap(
      SalesHooks.leadChange,
      ({ previous, next }) => ({ previous, next: withBonus(next, fields, formula) }),
      { stage: "late" },
    );
  },

  // After the commit. What is stored here commits with the subscription's checkpoint: each conversion counts once.
  subscribe(events, { collections }, { options }) {
    const earned = collections.open(earnedBonuses);
    events.on(LeadStatusChanged.at(1), async ({ payload: { lead } }) => {
      const { [options.bonusField]: brought } = lead.attributes;
      if (lead.status !== "converted" || lead.ownerId === null || !isDecimal(brought)) return;
      const before = await earned.get(lead.ownerId, { lock: true });
      const { leads, sum } = before?.value ?? { leads: 0, sum: "0.00" };
      const total = formatMoney(parseDecimal(sum) + parseDecimal(brought));
      await earned.put(lead.ownerId, { leads: leads + 1, sum: total }, { expectedVersion: before?.version ?? 0 });
    });
  },
});
