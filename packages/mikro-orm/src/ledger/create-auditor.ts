import { type Actor, executionContext } from "@crmessenger/kernel";
import type { AuditEntry, AuditRecord, Auditor, Clock, Ids } from "@crmessenger/kernel/infrastructure";
import type { Database } from "../database/database.ts";
import { UnitBuffer } from "./unit-buffer.ts";

export interface LedgerServices {
  readonly database: Database;
  readonly clock: Clock;
  readonly ids: Ids;
}

/** A row of `audit_entries`, keys named as its columns. */
export interface AuditRow {
  readonly id: string;
  readonly tenant_id: string;
  readonly target_type: string;
  readonly target_id: string;
  readonly action: string;
  readonly actor_kind: Actor["kind"];
  readonly actor_id: string;
  readonly changes: AuditEntry["changes"] | null;
  readonly correlation_id: string;
  readonly at: string;
}

const INSERT = `
  insert into audit_entries (id, tenant_id, target_type, target_id, action, actor_kind, actor_id, changes, correlation_id, at)
  select id, tenant_id, target_type, target_id, action, actor_kind, actor_id, changes, correlation_id, at
  from jsonb_to_recordset($1::jsonb) as r (id uuid, tenant_id text, target_type text, target_id text, action text,
    actor_kind text, actor_id text, changes jsonb, correlation_id text, at timestamptz)`;

const HISTORY = `
  select id, tenant_id as "tenantId", action, target_type, target_id, actor_kind, actor_id, changes, correlation_id as "correlationId", at
  from audit_entries where target_id = $1 and target_type = $2 and tenant_id = $3
  order by id desc limit $4::int`;

const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 1_000;

/** Entries wait in the unit of work and are written with one statement just before its commit. */
export function createAuditor({ database, clock, ids }: LedgerServices): Auditor {
  const buffer = new UnitBuffer<AuditRow>(database, "Audit entries", (rows) =>
    database.query(INSERT, [JSON.stringify(rows)], { name: "audit.insert" }),
  );
  return {
    async track(entries) {
      const { tenantId, actor, correlationId } = executionContext();
      const at = new Date(clock.now()).toISOString();
      buffer.add(
        entries.map(({ action, target, changes }) => ({
          id: ids.next(),
          tenant_id: tenantId,
          target_type: target.type,
          target_id: target.id,
          action,
          actor_kind: actor.kind,
          actor_id: actor.id,
          changes: changes ?? null,
          correlation_id: correlationId,
          at,
        })),
      );
    },
    async history(target, limit = DEFAULT_LIMIT) {
      await buffer.flush();
      const parameters = [target.id, target.type, executionContext().tenantId, Math.min(Math.max(limit, 1), MAX_LIMIT)];
      const { rows } = await database.query<HistoryRow>(HISTORY, parameters, { name: "audit.history" });
      return rows.map(toRecord);
    },
  };
}

interface HistoryRow
  extends
    Pick<AuditRow, "target_type" | "target_id" | "actor_kind" | "actor_id" | "changes">,
    Pick<AuditRecord, "id" | "tenantId" | "action" | "correlationId" | "at"> {
  readonly [column: string]: unknown;
}

function toRecord({
  id,
  tenantId,
  action,
  target_type,
  target_id,
  actor_kind,
  actor_id,
  changes,
  correlationId,
  at,
}: HistoryRow): AuditRecord {
  const target = { type: target_type, id: target_id };
  return {
    id,
    tenantId,
    actor: { kind: actor_kind, id: actor_id },
    correlationId,
    at,
    action,
    target,
    ...(changes ? { changes } : {}),
  };
}
