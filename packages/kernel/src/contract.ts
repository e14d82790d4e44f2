declare const implementation: unique symbol;

/**
 * A reference to a contract: the runtime token of the interface that shares its name. Two installed copies of a
 * package agree on it, because it is a registered symbol built from the contract's name and major version.
 */
export type Contract<T> = symbol & { readonly [implementation]?: T };

/** What a contract reference stands for: `ImplementationOf<typeof Clock>` is `Clock`. */
export type ImplementationOf<C> = C extends Contract<infer T> ? T : never;

const PREFIX = "crmessenger:";
const NAME = /^[a-z][a-z0-9-]*(\.[a-z][a-z0-9-]*)+$/;

/**
 * Declares a contract. `name` is `<area>.<contract>` in kebab-case; `major` rises when an implementation or a
 * caller written for the old one would break.
 */
export function contract<T>(name: string, major: number): Contract<T> {
  if (!NAME.test(name)) throw new TypeError(`A contract is named "<area>.<name>" in kebab-case, not "${name}".`);
  if (!Number.isInteger(major) || major < 1) throw new TypeError(`The major of ${name} must be a positive integer.`);
  return Symbol.for(`${PREFIX}${name}@${major}`) as Contract<T>;
}

/** The readable id of a contract, such as `infrastructure.storage@1`. */
export function contractId(reference: Contract<unknown>): string {
  return (reference.description ?? "").slice(PREFIX.length);
}

/** The contract's name without its major: two majors of one contract share it. */
export function contractName(reference: Contract<unknown>): string {
  return contractId(reference).replace(/@\d+$/, "");
}
