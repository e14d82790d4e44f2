import { randomUUID } from "node:crypto";
import type { Kernel } from "@crmessenger/kernel";
import { SqlDatabase, UnitOfWork } from "@crmessenger/kernel/infrastructure";
import { ChangeLeadStatus, GetLead } from "@crmessenger/kernel/sales";
import type { Pool } from "pg";
import { z } from "zod";
import { actAs } from "../crm/act-as.ts";
import type { Staff } from "./staff.ts";

export const orderInput = z.strictObject({
  leadId: z.string().min(1).max(200),
  item: z.string().min(1).max(200),
  total: z.string().regex(/^\d{1,10}(\.\d{1,2})?$/, "a sum as text, such as 12.50"),
});

export interface Order extends z.infer<typeof orderInput> {
  readonly id: string;
  readonly status: string;
}

const COLUMNS = `id, item, total::text as total, status, lead_id as "leadId"`;

/**
 * Places an order for a lead, which is work from then on: the shop's row and CRMessenger's command commit together or
 * not at all.
 */
export function placeOrder(
  kernel: Kernel,
  staff: Staff,
  { leadId, item, total }: z.infer<typeof orderInput>,
): Promise<Order> {
  const sql = kernel.get(SqlDatabase);
  return actAs(kernel, staff, () =>
    kernel.get(UnitOfWork).run(async () => {
      const [order] = await sql.query<Readonly<Record<string, unknown>> & Order>(
        `insert into shop.orders (id, item, total, lead_id, placed_by) values ($1, $2, $3, $4, $5) returning ${COLUMNS}`,
        [randomUUID(), item, total, leadId, staff.id],
      );
      const lead = await kernel.bus.ask(GetLead, { id: leadId });
      if (lead.status !== "in-progress")
        await kernel.bus.dispatch(ChangeLeadStatus, { id: leadId, status: "in-progress" });
      return order as Order;
    }),
  );
}

/** The shop reads its own tables as it always did. */
export async function listOrders(pool: Pool): Promise<readonly Order[]> {
  return (await pool.query<Order>(`select ${COLUMNS} from shop.orders order by placed_at`)).rows;
}
