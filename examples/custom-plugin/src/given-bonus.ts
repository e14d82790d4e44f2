import { defineQuery } from "@crmessenger/kernel";
import { type Collection, defineCollection, where } from "@crmessenger/kernel/infrastructure";
import { type Money, moneySchema } from "@crmessenger/kernel/sales";
import { z } from "zod";
import { formatMoney, parseDecimal } from "./decimal.ts";

/** The bonus of a deal that was won, and who owned the deal then. */
const given = z.object({ ownerId: z.string(), bonus: moneySchema });
export type GivenBonus = z.infer<typeof given>;

/** The bonuses of won deals, by the deal's id. */
export const givenBonuses = defineCollection("bonus.given", { schema: given, indexes: ["ownerId"] });

const total = z.object({
  /** How many won deals had a bonus. */
  deals: z.int(),
  /** One sum for each currency. */
  sums: z.array(moneySchema),
});
export type GivenTotal = z.infer<typeof total>;

export const GetGivenBonus = defineQuery({
  name: "bonus.given.get",
  description: "What the won deals of an owner gave away.",
  input: z.object({ ownerId: z.string().min(1).max(200) }),
  output: total,
  permission: "bonus.given.read",
  http: { method: "GET", path: "/bonuses/:ownerId" },
});

export async function totalOf(bonuses: Collection<GivenBonus>, ownerId: string): Promise<GivenTotal> {
  const sums = new Map<string, bigint>();
  let deals = 0;
  let after: string | undefined;
  do {
    const page = await bonuses.find(where<GivenBonus>("ownerId").eq(ownerId), after === undefined ? {} : { after });
    for (const { value } of page.items) add(sums, value.bonus);
    deals += page.items.length;
    after = page.next;
  } while (after !== undefined);
  return { deals, sums: [...sums].map(([currency, sum]) => ({ amount: formatMoney(sum), currency })) };
}

function add(sums: Map<string, bigint>, { amount, currency }: Money): void {
  sums.set(currency, (sums.get(currency) ?? 0n) + parseDecimal(amount));
}
