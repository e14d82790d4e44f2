import type { Dimension, FactDefinition } from "@crmessenger/kernel/analytics";
import { type Criteria, nothing } from "@crmessenger/kernel/infrastructure";
import { CrmError } from "@crmessenger/kernel";
import { type Vocabulary, fieldDimension } from "../catalogue/catalogue.ts";
import type { ReportIssues } from "./report-issues.ts";
import { fieldsIn, rewriteCriteria } from "./rewrite-criteria.ts";

/** What names mean in questions about one fact. */
export class FactNames {
  readonly fact: FactDefinition;
  readonly #dimensions: ReadonlyMap<string, Dimension>;

  constructor(fact: FactDefinition, dimensions: readonly Dimension[]) {
    this.fact = fact;
    this.#dimensions = new Map(dimensions.map((dimension) => [dimension.name, dimension]));
  }

  dimension(name: string): Dimension | undefined {
    return this.#dimensions.get(name);
  }

  /** The dimension with its column in this fact; says why when there is none. */
  require(
    name: string,
    path: string,
    issues: ReportIssues,
  ): { readonly dimension: Dimension; readonly column: string } | undefined {
    const dimension = this.dimension(name);
    const column = dimension?.columns[this.fact.name];
    if (dimension && column !== undefined) return { dimension, column };
    const fitting = [...this.#dimensions.values()].filter(({ columns }) => this.fact.name in columns);
    const names = fitting
      .map((each) => each.name)
      .toSorted()
      .join(", ");
    issues.add(
      path,
      dimension
        ? `The dimension "${name}" does not go with the fact "${this.fact.name}"; these do: ${names}.`
        : `There is no dimension "${name}"; of "${this.fact.name}" there are: ${names}.`,
    );
    return undefined;
  }

  /** Criteria over columns, dimensions or custom fields, in terms of columns. */
  criteria(criteria: Criteria, path: string, issues: ReportIssues): Criteria {
    return rewriteCriteria(criteria, (field) => {
      const column = this.#column(field);
      if (column !== undefined) return column;
      issues.add(path, `"${field}" is neither a dimension nor a column of the fact "${this.fact.name}".`);
      return field;
    });
  }

  #column(field: string): string | undefined {
    if (Object.hasOwn(this.fact.columns, field)) return field;
    const name = field.startsWith("attributes.")
      ? fieldDimension(this.fact.attributesOf ?? "", field.slice(11))
      : field;
    return this.dimension(name)?.columns[this.fact.name];
  }
}

/**
 * An access scope in terms of the fact's columns. A condition that the fact can't judge would show too much or too
 * little, so it is refused: `CRM_IAM_FORBIDDEN`.
 */
export function scopeOf(
  fact: FactDefinition,
  scope: Criteria,
  { dimensions }: Pick<Vocabulary, "dimensions">,
): Criteria {
  const { access } = fact;
  const names = new FactNames(fact, dimensions);
  const columns: Record<string, string | null> = { ...access.fields, ownerId: access.owner, teamId: access.team };
  const fields = new Set(fieldsIn(scope));
  if ([...fields].some((field) => columns[field] === null)) return nothing;
  const found = new Map<string, string>();
  for (const field of fields) {
    const dimension = field.startsWith("attributes.")
      ? names.dimension(fieldDimension(fact.attributesOf ?? "", field.slice(11)))
      : undefined;
    const own = Object.hasOwn(fact.columns, field) ? field : undefined;
    const column = columns[field] ?? dimension?.columns[fact.name] ?? own;
    if (column === undefined) throw unjudged(fact, field);
    found.set(field, column);
  }
  return rewriteCriteria(scope, (field) => found.get(field) ?? field);
}

function unjudged({ name, access }: FactDefinition, field: string): CrmError {
  return new CrmError(
    "CRM_IAM_FORBIDDEN",
    `Your access to "${access.permission}" depends on "${field}", which reports on "${name}" do not hold. Ask for a role without that condition, or make the field reportable.`,
    { status: 403, details: { permission: access.permission, field } },
  );
}
