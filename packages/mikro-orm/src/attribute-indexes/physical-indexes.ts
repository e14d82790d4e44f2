import type { Database } from "../database/database.ts";

/** An index as PostgreSQL has it. */
export interface PhysicalIndex {
  /** It serves queries. */
  readonly valid: boolean;
  /** 0 to 1. */
  readonly progress: number;
}

/** Those of the indexes that there are or that are being built, by name. */
export async function physicalIndexes(
  database: Database,
  names: readonly string[],
): Promise<ReadonlyMap<string, PhysicalIndex>> {
  if (names.length === 0) return new Map();
  const { rows } = await database.query<{ name: string; valid: boolean; progress: number }>(
    `select c.relname as name, i.indisvalid as valid,
      case when i.indisvalid then 1 else coalesce(greatest(
        p.blocks_done::float8 / nullif(p.blocks_total, 0),
        p.tuples_done::float8 / nullif(p.tuples_total, 0)
      ), 0) end as progress
    from pg_class c join pg_index i on i.indexrelid = c.oid
    left join pg_stat_progress_create_index p on p.index_relid = c.oid
    where c.relname = any($1::text[]) and c.relnamespace = current_schema()::regnamespace`,
    [names],
  );
  return new Map(rows.map(({ name, valid, progress }) => [name, { valid, progress: Math.min(progress, 1) }]));
}
