import { executionContext } from "@crmessenger/kernel";
import type {
  Dimension,
  Dimensions,
  FactDefinition,
  Metric,
  Metrics,
  Projections,
} from "@crmessenger/kernel/analytics";
import type { AccessSubject, PermissionManager } from "@crmessenger/kernel/iam";
import { type FieldColumn, columnsOf } from "../store/field-column.ts";
import type { FieldStore, ReportableField } from "../store/field-store.ts";

/** What a question can be about. */
export interface Vocabulary {
  readonly facts: readonly FactDefinition[];
  readonly dimensions: readonly Dimension[];
  readonly metrics: readonly Metric[];
}

export interface CatalogueServices {
  readonly projections: Pick<Projections, "all">;
  readonly dimensions: Pick<Dimensions, "all">;
  readonly metrics: Pick<Metrics, "all">;
  readonly fields: Pick<FieldStore, "ofTenant">;
  /** Custom fields that may be new here. */
  readonly noticed: (fields: readonly ReportableField[]) => Promise<void>;
  readonly permissions: PermissionManager | undefined;
}

/** The registered vocabulary, and the custom fields of the tenant. */
export class Catalogue {
  readonly #services: CatalogueServices;

  constructor(services: CatalogueServices) {
    this.#services = services;
  }

  /** All there is, for whoever checks the permissions itself. */
  async whole(): Promise<Vocabulary> {
    const { projections, dimensions, metrics, fields, noticed } = this.#services;
    const facts = projections.all().map(({ fact }) => fact);
    const reportable = await fields.ofTenant(new Set(facts.flatMap(({ attributesOf }) => attributesOf ?? [])));
    await noticed(reportable);
    const ofFields = reportable.flatMap((field) => dimensionsOf(field, facts));
    return { facts, dimensions: [...dimensions.all(), ...ofFields], metrics: metrics.all() };
  }

  /** What of all there is the actor may ask about. */
  async visible(whole: Vocabulary): Promise<Vocabulary> {
    const { facts, dimensions, metrics } = whole;
    const { subject } = executionContext();
    if (!subject) return whole;
    const allowed = await this.#allowed(subject, [
      ...facts.map(({ access }) => access.permission),
      ...dimensions.flatMap(({ permission }) => permission ?? []),
    ]);
    const visible = facts.filter(({ access }) => allowed.has(access.permission));
    const names = new Set(visible.map(({ name }) => name));
    return {
      facts: visible,
      dimensions: dimensions.filter(
        ({ permission, columns }) =>
          (permission === undefined || allowed.has(permission)) && Object.keys(columns).some((fact) => names.has(fact)),
      ),
      metrics: metrics.filter(({ fact }) => names.has(fact)),
    };
  }

  async #allowed(subject: AccessSubject, permissions: readonly string[]): Promise<ReadonlySet<string>> {
    const allowed = new Set<string>();
    for (const permission of new Set(permissions))
      if ((await this.#services.permissions?.check({ subject, permission }))?.granted) allowed.add(permission);
    return allowed;
  }
}

const KINDS: Readonly<Record<FieldColumn["kind"], Dimension["kind"]>> = {
  text: "text",
  number: "number",
  decimal: "number",
  boolean: "boolean",
  timestamp: "time",
  date: "time",
  "text-list": "text",
};

/** The dimension's name of a custom field. */
export function fieldDimension(entity: string, field: string): string {
  return `${entity}.attributes.${field}`;
}

/** The dimensions that a reportable custom field makes. */
export function dimensionsOf(field: ReportableField, facts: readonly FactDefinition[]): readonly Dimension[] {
  const holders = facts.filter(({ attributesOf }) => attributesOf === field.entity);
  return columnsOf(field).map((column, index) => {
    const name = fieldDimension(field.entity, field.name);
    return {
      name: index === 0 ? name : `${name}.currency`,
      label: column.label,
      ...(field.type.kind === "reference"
        ? { kind: "reference" as const, entity: field.type.entity }
        : { kind: KINDS[column.kind] }),
      columns: Object.fromEntries(holders.map((fact) => [fact.name, column.name])),
      ...(field.permission === null ? {} : { permission: field.permission }),
    };
  });
}
