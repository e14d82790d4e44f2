import { answer, definePlugin } from "@crmessenger/kernel";
import { Collections } from "@crmessenger/kernel/infrastructure";
import { DealHooks, DealLost, DealStageChanged, DealWon } from "@crmessenger/kernel/sales";
import { z } from "zod";
import { capFrom } from "./cap.ts";
import { decimal, isDecimal, parseDecimal } from "./decimal.ts";
import { GetGivenBonus, givenBonuses, totalOf } from "./given-bonus.ts";
import { version } from "./version.ts";
import { type Bonus, withBonus, withBonusOnce } from "./with-bonus.ts";

const percent = decimal.refine(
  (text) => isDecimal(text) && parseDecimal(text) <= parseDecimal("100"),
  "a percent is at most 100",
);

const options = z.strictObject({
  /** From which sum on which percent of it is taken off. The highest step that a sum reaches counts. */
  steps: z.array(z.strictObject({ from: decimal, percent })).min(1),
  /** The custom field of deals that tells what was taken off. */
  field: z.string().min(1).max(100).default("bonus"),
});

/** Takes a bonus off the sum of a deal before it is saved, and adds up what owners gave away with the deals they won. */
export const bonus = definePlugin({
  id: "bonus",
  version,
  deps: { collections: Collections },
  options,
  config: {
    BONUS_CAP: { secret: false, description: "The most that one deal brings, such as 500.00. Default: no limit." },
  },

  boot({ collections }) {
    const given = collections.open(givenBonuses);
    return { handlers: [answer(GetGivenBonus, ({ ownerId }) => totalOf(given, ownerId))] };
  },

  // Before a deal is stored, in its unit of work. `late`, so that the sum is the one that other plugins leave.
  extend(taps, _services, { options: { steps, field }, config }) {
    const bonus: Bonus = { formula: { steps, ...capFrom(config) }, field };
    taps.tap(DealHooks.dealDraft, (deal) => withBonus(deal, bonus), { stage: "late" });
    taps.tap(DealHooks.dealChange, (change) => withBonusOnce(change, bonus), { stage: "late" });
  },

  // After the commit. What is stored here commits with the subscription's checkpoint, and a deal counts once however
  // often it is won.
  subscribe(events, { collections }, { options: { field } }) {
    const given = collections.open(givenBonuses);
    events.on(DealWon.at(1), async ({ payload: { deal } }) => {
      const brought = deal.attributes[field];
      if (deal.ownerId === null || deal.amount === null || !isDecimal(brought)) return;
      const { ownerId, amount } = deal;
      await given.put(deal.id, { ownerId, bonus: { amount: brought, currency: amount.currency } });
    });
    events.on(DealLost.at(1), async ({ payload: { deal } }) => void (await given.delete(deal.id)));
    events.on(DealStageChanged.at(1), async ({ payload: { deal } }) => {
      if (deal.closedAt === null) await given.delete(deal.id);
    });
  },
});
