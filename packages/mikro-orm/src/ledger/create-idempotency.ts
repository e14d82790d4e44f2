import { CrmError } from "@crmessenger/kernel";
import type { Clock, Idempotency, IdempotencyClaim, Json } from "@crmessenger/kernel/infrastructure";
import type { Database } from "../database/database.ts";

export interface IdempotencyHandle extends Idempotency {
  /** Forgets what nobody may repeat any more. */
  purge(): Promise<void>;
}

const KEPT_MS = 7 * 24 * 60 * 60 * 1_000;

/** Waits while another unit of work holds the same claim: the row's key makes the two meet. An outlived claim is taken over. */
const CLAIM = `
  insert into idempotency_claims as c (tenant_id, actor, operation, key, input_hash, claimed_at)
  values ($1, $2, $3, $4, $5, $6::timestamptz)
  on conflict (tenant_id, actor, operation, key) do update
    set input_hash = excluded.input_hash, output = null, claimed_at = excluded.claimed_at
    where c.claimed_at < $7::timestamptz
  returning true as ours`;

const EARLIER = `select input_hash, output from idempotency_claims where tenant_id = $1 and actor = $2 and operation = $3 and key = $4`;

const COMPLETE = `update idempotency_claims set output = $5::jsonb where tenant_id = $1 and actor = $2 and operation = $3 and key = $4`;

const PURGE = `delete from idempotency_claims where claimed_at < $1::timestamptz`;

export function createIdempotency({
  database,
  clock,
}: {
  readonly database: Database;
  readonly clock: Clock;
}): IdempotencyHandle {
  const keyOf = ({ tenantId, actor, operation, key }: IdempotencyClaim) => [tenantId, actor, operation, key];
  const time = (offset: number) => new Date(clock.now() + offset).toISOString();
  return {
    async claim(claim) {
      const parameters = [...keyOf(claim), claim.inputHash, time(0), time(-KEPT_MS)];
      const { rowCount } = await database.query(CLAIM, parameters, { name: "idempotency.claim" });
      if (rowCount > 0) return undefined;
      const { rows } = await database.query<{ input_hash: string; output: Json }>(EARLIER, keyOf(claim), {
        name: "idempotency.earlier",
      });
      const [earlier] = rows;
      if (earlier && earlier.input_hash === claim.inputHash) return { output: earlier.output };
      throw new CrmError(
        "CRM_IDEMPOTENCY_MISMATCH",
        "This idempotency key was used with another input. Use a new key for a new request.",
        { status: 422, details: { operation: claim.operation } },
      );
    },
    async complete(claim, output) {
      await database.query(COMPLETE, [...keyOf(claim), JSON.stringify(output)], { name: "idempotency.complete" });
    },
    async purge() {
      await database.query(PURGE, [time(-KEPT_MS)]);
    },
  };
}
