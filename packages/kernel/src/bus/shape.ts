import type { z } from "zod";
import { CrmError } from "../errors/crm-error.ts";

/** The schema of each version. Versions follow each other without a gap; the highest is the current one. */
export type Versions = Readonly<Record<number, z.ZodType>>;

/** The numbers of the versions. */
export type VersionOf<V extends Versions> = keyof V & number;

/** A value as version `N` describes it. */
export type ValueOf<V extends Versions, N extends VersionOf<V>> = z.output<V[N]>;

/** The version after one: what steps lead to. */
export interface NextVersion {
  1: 2;
  2: 3;
  3: 4;
  4: 5;
  5: 6;
  6: 7;
  7: 8;
  8: 9;
  9: 10;
  10: 11;
  11: 12;
  12: 13;
  13: 14;
  14: 15;
  15: 16;
  16: 17;
  17: 18;
  18: 19;
  19: 20;
}

/** The versions that have one after them: each needs a step. */
type EarlierOf<V extends Versions> = {
  [N in VersionOf<V>]: N extends keyof NextVersion ? (NextVersion[N] extends VersionOf<V> ? N : never) : never;
}[VersionOf<V>];

/** The highest version. */
export type CurrentOf<V extends Versions> = Exclude<VersionOf<V>, EarlierOf<V>>;

/**
 * From one version to the next, and back. Both directions are pure. `down(up(old))` is `old`; `up(down(value))` is
 * `value` but for the fields that `down` loses.
 */
export interface Step<Old, New> {
  readonly up: (old: Old) => New;
  readonly down: (value: New) => Old;
  /** Fields of the newer version that the older one has no place for, as paths such as `statusReason`. */
  readonly loses: readonly string[];
  /** Fields that only have another name: the older name → the newer one. Criteria follow them. */
  readonly renames?: Readonly<Record<string, string>>;
}

/** A step as it is kept, whatever it converts. */
export type AnyStep = Step<never, unknown>;

/** One step for each version but the current one, under the number it leads away from. */
export type Steps<V extends Versions> = {
  readonly [N in EarlierOf<V>]: Step<ValueOf<V, N>, ValueOf<V, NextVersion[N & keyof NextVersion] & VersionOf<V>>>;
};

/** Steps where there is more than one version. */
export type StepsOf<V extends Versions> = [EarlierOf<V>] extends [never] ? [] : [steps: Steps<V>];

/** What has versions, apart from their types. */
export interface Versioned {
  readonly name: string;
  readonly versions: Versions;
  readonly steps: Readonly<Record<number, AnyStep>>;
  /** The lowest and the highest version that this application knows. */
  readonly oldest: number;
  readonly latest: number;
}

/** A kind of data in one of its versions. */
export interface Shape<T = unknown> extends Versioned {
  readonly version: number;
  readonly schema: z.ZodType<T>;
}

/** A shape in its current version, with the way to the others. */
export interface VersionedShape<V extends Versions> extends Shape<ValueOf<V, CurrentOf<V>>> {
  /** The shape in a version; one that it does not have is `CRM_SHAPE_VERSION`. */
  at<N extends VersionOf<V>>(version: N): Shape<ValueOf<V, N>>;
  /** The step from a version to the next. */
  step<N extends EarlierOf<V>>(from: N): Steps<V>[N];
  /** A value of one version as another one has it. */
  convert<A extends VersionOf<V>, B extends VersionOf<V>>(value: ValueOf<V, A>, from: A, to: B): ValueOf<V, B>;
}

/**
 * Declares a kind of data with all its versions: `defineShape("lead", { 1: old, 2: current }, { 1: step })`. A
 * missing step does not compile; where types don't tell, it is a TypeError here rather than a surprise later.
 */
export function defineShape<const V extends Versions>(
  name: string,
  versions: V,
  ...[steps]: StepsOf<V>
): VersionedShape<V> {
  const versioned = versionsOf(name, versions, steps);
  const at = (version: number): Shape =>
    Object.freeze({ ...versioned, version, schema: schemaAt(versioned, version, "CRM_SHAPE_VERSION") });
  return Object.freeze({
    ...at(versioned.latest),
    at,
    step: (from: number) => versioned.steps[from],
    convert: (value: unknown, from: number, to: number) => convert(versioned, value, from, to),
  }) as unknown as VersionedShape<V>;
}

/** Checks that versions follow each other and that a step leads from each to the next. */
export function versionsOf(name: string, versions: Versions, steps: object = {}): Versioned {
  const numbers = Object.keys(versions)
    .map(Number)
    .toSorted((a, b) => a - b);
  const [oldest] = numbers;
  const latest = numbers.at(-1);
  if (oldest === undefined || latest === undefined) throw new TypeError(`${name} needs the schema of a version.`);
  const gap = numbers.find((version, index) => version !== oldest + index || !Number.isInteger(version) || version < 1);
  if (gap !== undefined)
    throw new TypeError(`The versions of ${name} must follow each other, beginning with 1 or later; ${gap} does not.`);
  for (const version of numbers.slice(0, -1)) {
    if (!Object.hasOwn(steps, version))
      throw new TypeError(`${name} needs a step from version ${version} to ${version + 1}, with \`up\` and \`down\`.`);
  }
  const odd = Object.keys(steps).find((version) => !numbers.slice(0, -1).includes(Number(version)));
  if (odd !== undefined) throw new TypeError(`${name} has a step from version ${odd}, which leads nowhere.`);
  return { name, versions, steps: steps as Versioned["steps"], oldest, latest };
}

/** The schema of a version, or an error with both numbers. */
export function schemaAt(versioned: Versioned, version: number, code: string): z.ZodType {
  const schema = versioned.versions[version];
  if (schema) return schema;
  throw unknownVersion(versioned, version, code);
}

/** Converts a value step by step. A version that is not known is `CRM_SHAPE_VERSION`. */
export function convert(versioned: Versioned, value: unknown, from: number, to: number): unknown {
  if (from === to) return value;
  for (const version of [from, to]) schemaAt(versioned, version, "CRM_SHAPE_VERSION");
  let converted = value;
  for (let version = from; version < to; version += 1) converted = versioned.steps[version]?.up(converted as never);
  for (let version = from; version > to; version -= 1)
    converted = (versioned.steps[version - 1] as Step<unknown, never> | undefined)?.down(converted as never);
  return converted;
}

/** "lead.created has no version 3 here: this application knows version 1 to 2." */
export function unknownVersion({ name, oldest, latest }: Versioned, version: number, code: string): CrmError {
  const known = oldest === latest ? `version ${latest}` : `versions ${oldest} to ${latest}`;
  const advice = version > latest ? ` Update what brings ${name}, or ask for version ${latest}.` : "";
  return new CrmError(
    code,
    `There is no version ${version} of ${name} here: this application knows ${known}.${advice}`,
    {
      details: { name, version, oldest, latest },
    },
  );
}
