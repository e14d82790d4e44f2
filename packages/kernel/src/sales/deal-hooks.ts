import { transformPoint } from "../hooks/hook-point.ts";
import type { NewRecord } from "../infrastructure/repository.ts";
import type { Deal } from "./deal.ts";

export const DealHooks = Object.freeze({
  /**
   * A deal is about to be created: its amount, title, owner and custom fields can change here; pipeline and stage
   * can't. Runs once per deal inside its unit of work, again when that is retried; a throw aborts the creation.
   */
  dealDraft: transformPoint<NewRecord<Deal>>("sales.deal-draft"),
  /** A deal is about to be stored with changes. Runs inside the unit of work; a throw aborts the change. */
  dealChange: transformPoint<Deal>("sales.deal-change"),
});
