import { CrmError } from "@crmessenger/kernel";
import type { ConfigProxy } from "@crmessenger/kernel/extensibility";
import { type Decimal, isDecimal } from "./decimal.ts";

/** The cap that the environment sets, if it sets one. */
export function capFrom(config: ConfigProxy): { readonly cap?: Decimal } {
  const cap = config.get("BONUS_CAP");
  if (cap === undefined || cap === "") return {};
  if (isDecimal(cap)) return { cap };
  throw new CrmError("CRM_BONUS_CAP", `BONUS_CAP is "${cap}". Set it to a decimal number, such as 500.00.`);
}
