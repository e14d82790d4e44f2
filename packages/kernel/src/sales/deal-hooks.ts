import { transformPoint } from "../hooks/hook-point.ts";
import type { NewRecord } from "../infrastructure/repository.ts";
import type { Deal } from "./deal.ts";
import type { EntityChange } from "./entity-change.ts";

export const DealHooks = Object.freeze({
  /**
   * A deal is about to be created: its amount, title, owner and custom fields can change here; pipeline and stage
   * can't, nor whose deal it is. An amount stays in the pipeline's currency (`CRM_SALES_AMOUNT`). Runs once per deal
   * inside its unit of work, again when that is retried; a throw aborts the creation.
   */
  dealDraft: transformPoint<NewRecord<Deal>>("sales.deal-draft"),
  /**
   * A deal is about to be stored with changes, moves to another stage included. What `dealDraft` may
   * change can change in `next`. Runs inside the unit of work, again when that is retried; a throw aborts the change.
   */
  dealChange: transformPoint<EntityChange<Deal>>("sales.deal-change"),
});
