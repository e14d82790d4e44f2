import { definePlugin } from "@crmessenger/kernel";
import { SqlDatabase } from "@crmessenger/kernel/infrastructure";
import { LeadStatusChanged } from "@crmessenger/kernel/sales";

/** Cancels the open orders of a lead that came to nothing: in the shop's own table, once, whatever dies in between. */
export const orderFollowUp = definePlugin({
  id: "order-follow-up",
  version: "1.0.0",
  deps: { sql: SqlDatabase },
  subscribe(events, { sql }) {
    events.on(LeadStatusChanged.at(1), async ({ payload: { lead } }) => {
      if (lead.status !== "disqualified") return;
      await sql.query("update shop.orders set status = 'cancelled' where lead_id = $1 and status = 'open'", [lead.id]);
    });
  },
});
