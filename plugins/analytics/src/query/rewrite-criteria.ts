import type { Criteria } from "@crmessenger/kernel/infrastructure";

/** The same condition with other names for its fields. */
export function rewriteCriteria(criteria: Criteria, rename: (field: string) => string): Criteria {
  switch (criteria.op) {
    case "and":
    case "or":
      return { ...criteria, all: criteria.all.map((part) => rewriteCriteria(part, rename)) };
    case "not":
      return { ...criteria, criteria: rewriteCriteria(criteria.criteria, rename) };
    default:
      return { ...criteria, field: rename(criteria.field) };
  }
}

/** Every field that the condition names. */
export function fieldsIn(criteria: Criteria): readonly string[] {
  switch (criteria.op) {
    case "and":
    case "or":
      return criteria.all.flatMap(fieldsIn);
    case "not":
      return fieldsIn(criteria.criteria);
    default:
      return [criteria.field];
  }
}
