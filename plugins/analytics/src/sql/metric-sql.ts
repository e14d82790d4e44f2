import type { FactColumnKind, MetricFormula } from "@crmessenger/kernel/analytics";
import type { Criteria, SqlColumn } from "@crmessenger/kernel/infrastructure";
import { type FactColumns, operandsOf, quoted } from "../store/fact-table.ts";
import { countOf } from "../summary/choose-summary.ts";
import { type Summary, countColumn } from "../summary/summary-table.ts";
import type { FactPlace } from "./fact-place.ts";
import type { Statement } from "./statement.ts";

/** An aggregate over the rows of a group, and over the groups' own aggregates where that comes to the same. */
interface Leaf {
  readonly sql: string;
  /** What makes the aggregate of all rows of those of the groups; null: only the rows can tell. */
  readonly rollUp: "sum" | "min" | "max" | null;
}

/** A metric in terms of aggregates. */
export interface MetricSql {
  /** Of the aggregates, which are columns `a0`, `a1`, … */
  readonly sql: string;
  /** What its values are like. */
  readonly kind: FactColumnKind;
}

/** Writes metrics; aggregates that several of them need are written once. */
export class MetricWriter {
  readonly leaves: Leaf[] = [];
  readonly #statement: Statement;
  readonly #columns: FactColumns;
  readonly #operands: Readonly<Record<string, SqlColumn>>;
  readonly #summary: Summary | undefined;

  constructor(statement: Statement, { columns, summary }: Pick<FactPlace, "columns" | "summary">) {
    this.#statement = statement;
    this.#columns = columns;
    this.#operands = operandsOf(columns);
    this.#summary = summary;
  }

  async write(formula: MetricFormula): Promise<MetricSql> {
    if (formula.kind === "ratio") {
      const of = await this.write(formula.of);
      const over = await this.write(formula.over);
      return { sql: `((${of.sql})::float8 / nullif((${over.sql})::float8, 0))`, kind: "number" };
    }
    if (formula.kind === "count" && this.#summary)
      return this.#count(`sum(${countColumn(countOf(this.#summary, formula.where))})`, "sum");
    const filter = await this.#filter(formula.where);
    if (formula.kind === "count") return this.#count(`count(*)${filter}`, "sum");
    const column = quoted(formula.column);
    const kind = this.#columns[formula.column] ?? "text";
    switch (formula.kind) {
      case "count-distinct":
        return this.#count(`count(distinct ${column})${filter}`, null);
      case "percentile": {
        const share = this.#statement.add(formula.percentile, "float8");
        const sql = `percentile_cont(${share}) within group (order by (${column})::float8)${filter}`;
        return { sql: this.#leaf({ sql, rollUp: null }), kind: "number" };
      }
      case "average":
        return this.#average(column, filter, kind);
      case "sum":
        return { sql: this.#leaf({ sql: `sum(${column})${filter}`, rollUp: "sum" }), kind };
      case "min":
      case "max":
        return { sql: this.#leaf({ sql: `${formula.kind}(${column})${filter}`, rollUp: formula.kind }), kind };
    }
  }

  #average(column: string, filter: string, kind: FactColumnKind): MetricSql {
    const sum = this.#leaf({ sql: `sum(${column})${filter}`, rollUp: "sum" });
    const count = this.#leaf({ sql: `count(${column})${filter}`, rollUp: "sum" });
    if (kind !== "decimal") return { sql: `(${sum} / nullif(${count}, 0))`, kind: "number" };
    // Division keeps as many digits as its operands have.
    return { sql: `round((${sum} + 0.${"0".repeat(24)}) / nullif(${count}, 0), 10)`, kind: "decimal" };
  }

  #count(sql: string, rollUp: Leaf["rollUp"]): MetricSql {
    return { sql: `coalesce(${this.#leaf({ sql, rollUp })}, 0)::bigint`, kind: "number" };
  }

  #leaf(leaf: Leaf): string {
    const known = this.leaves.findIndex(({ sql }) => sql === leaf.sql);
    return known >= 0 ? `a${known}` : `a${this.leaves.push(leaf) - 1}`;
  }

  async #filter(where: Criteria | undefined): Promise<string> {
    if (!where || isEverything(where)) return "";
    const key = JSON.stringify(where);
    const known = this.#filters.get(key) ?? (await this.#statement.condition(where, this.#operands));
    this.#filters.set(key, known);
    return ` filter (where ${known})`;
  }

  /** The same condition is written with the same parameters, so that its aggregates are recognised. */
  readonly #filters = new Map<string, string>();
}

function isEverything(criteria: Criteria): boolean {
  return criteria.op === "and" && criteria.all.length === 0;
}
