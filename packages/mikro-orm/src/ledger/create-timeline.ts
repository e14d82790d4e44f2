import { CrmError, executionContext } from "@crmessenger/kernel";
import type { Activity, Timeline } from "@crmessenger/kernel/communication";
import type { PageRequest } from "@crmessenger/kernel/infrastructure";
import { isUuid } from "../criteria/operand.ts";
import type { LedgerServices } from "./create-auditor.ts";
import { UnitBuffer } from "./unit-buffer.ts";

/** A row of `activities`, keys named as its columns. */
export interface ActivityRow {
  readonly id: string;
  readonly tenant_id: string;
  readonly contact_id: string;
  readonly lead_id: string | null;
  readonly kind: string;
  readonly actor_kind: Activity["actor"]["kind"];
  readonly actor_id: string;
  readonly at: string;
  readonly data: Activity["data"];
}

const INSERT = `
  insert into activities (contact_id, id, tenant_id, lead_id, kind, actor_kind, actor_id, at, data)
  select contact_id, id, tenant_id, lead_id, kind, actor_kind, actor_id, at, data
  from jsonb_to_recordset($1::jsonb) as r (contact_id uuid, id uuid, tenant_id text, lead_id uuid, kind text,
    actor_kind text, actor_id text, at timestamptz, data jsonb)`;

const select = (holder: "contact_id" | "lead_id") => `
  select id, contact_id as "contactId", lead_id as "leadId", kind, actor_kind, actor_id, at, data
  from activities where ${holder} = $1::uuid and tenant_id = $2 and id < $3::uuid
  order by id desc limit $4::int`;

const OF_CONTACT = select("contact_id");
const OF_LEAD = select("lead_id");

/** Every id sorts before this one. */
const BEGINNING = "ffffffff-ffff-ffff-ffff-ffffffffffff";
const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 500;

/** Activities wait in the unit of work and are written with one statement just before its commit. */
export function createTimeline({ database, clock, ids }: LedgerServices): Timeline {
  const buffer = new UnitBuffer<ActivityRow>(database, "Activities", (rows) =>
    database.query(INSERT, [JSON.stringify(rows)], { name: "activity.insert" }),
  );
  return {
    async add(activities) {
      const { tenantId, actor } = executionContext();
      const at = new Date(clock.now()).toISOString();
      buffer.add(
        activities.map(({ contactId, leadId, kind, data }) => ({
          id: ids.next(),
          tenant_id: tenantId,
          contact_id: contactId,
          lead_id: leadId,
          kind,
          actor_kind: actor.kind,
          actor_id: actor.id,
          at,
          data,
        })),
      );
    },
    async of(holder, page = {}) {
      await buffer.flush();
      const id = "contactId" in holder ? holder.contactId : holder.leadId;
      if (!isUuid(id)) return { items: [] };
      const limit = Math.min(Math.max(page.limit ?? DEFAULT_LIMIT, 1), MAX_LIMIT);
      const [sql, name] = "contactId" in holder ? [OF_CONTACT, "activity.contact"] : [OF_LEAD, "activity.lead"];
      const { rows } = await database.query<ReadRow>(
        sql,
        [id, executionContext().tenantId, cursorOf(page), limit + 1],
        { name },
      );
      const items = rows.slice(0, limit).map(toActivity);
      const last = items.at(-1);
      return rows.length > limit && last ? { items, next: last.id } : { items };
    },
  };
}

interface ReadRow extends Pick<ActivityRow, "actor_kind" | "actor_id">, Omit<Activity, "actor"> {
  readonly [column: string]: unknown;
}

function toActivity({ id, contactId, leadId, kind, actor_kind, actor_id, at, data }: ReadRow): Activity {
  return { id, contactId, leadId, kind, actor: { kind: actor_kind, id: actor_id }, at, data };
}

/** A page begins after the last activity of the one before: its id is the cursor. */
function cursorOf({ after }: PageRequest): string {
  if (after === undefined) return BEGINNING;
  if (isUuid(after)) return after;
  throw new CrmError("CRM_STORAGE_CURSOR", "This is no cursor of a timeline. Begin with the first page.", {
    status: 422,
  });
}
