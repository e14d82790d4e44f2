import type { Criteria } from "../infrastructure/criteria.ts";
import type { Step } from "./shape.ts";

type Replaced<R, F extends PropertyKey, T> = Omit<R, F> & { readonly [K in F]: T };

/** The same step for what holds the shape in one of its fields: `inField("lead", leadShape.step(1))`. */
export function inField<F extends string, Old, New>(field: F, step: Step<Old, New>) {
  return {
    up: <R extends { readonly [K in F]: Old }>(old: R) =>
      ({ ...old, [field]: step.up(old[field]) }) as unknown as Replaced<R, F, New>,
    down: <R extends { readonly [K in F]: New }>(value: R) =>
      ({ ...value, [field]: step.down(value[field]) }) as unknown as Replaced<R, F, Old>,
    ...below(field, step),
  };
}

/** The same step for what holds a list of the shape, such as a page: `inItems("items", leadShape.step(1))`. */
export function inItems<F extends string, Old, New>(field: F, step: Step<Old, New>) {
  return {
    up: <R extends { readonly [K in F]: readonly Old[] }>(old: R) =>
      ({ ...old, [field]: old[field].map((item) => step.up(item)) }) as unknown as Replaced<R, F, readonly New[]>,
    down: <R extends { readonly [K in F]: readonly New[] }>(value: R) =>
      ({ ...value, [field]: value[field].map((item) => step.down(item)) }) as unknown as Replaced<R, F, readonly Old[]>,
    ...below(`${field}[]`, step),
  };
}

/** What a step says of its fields, said of the same fields further down. */
function below(path: string, { loses, renames = {} }: Pick<Step<never, unknown>, "loses" | "renames">) {
  const under = (field: string) => `${path}.${field}`;
  return {
    loses: loses.map(under),
    renames: Object.fromEntries(Object.entries(renames).map(([older, newer]) => [under(older), under(newer)])),
  };
}

/** Criteria that were written for the older version, with the names of the newer one. Paths below a field follow it. */
export function criteriaUp(criteria: Criteria, step: Pick<Step<never, unknown>, "renames">): Criteria {
  const renames = new Map(Object.entries(step.renames ?? {}));
  return renames.size === 0 ? criteria : renamed(criteria, renames);
}

function renamed(criteria: Criteria, renames: ReadonlyMap<string, string>): Criteria {
  switch (criteria.op) {
    case "and":
    case "or":
      return { ...criteria, all: criteria.all.map((part) => renamed(part, renames)) };
    case "not":
      return { ...criteria, criteria: renamed(criteria.criteria, renames) };
    default:
      return { ...criteria, field: fieldUp(criteria.field, renames) };
  }
}

function fieldUp(field: string, renames: ReadonlyMap<string, string>): string {
  const [property = "", ...path] = field.split(".");
  const name = renames.get(property);
  return name === undefined ? field : [name, ...path].join(".");
}
