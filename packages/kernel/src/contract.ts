declare const implementation: unique symbol;

/**
 * A reference to a contract: the runtime token of the interface that shares its name. Two installed copies of a
 * package agree on it, because it is a registered symbol built from the contract's name and major version.
 */
export type Contract<T> = symbol & { readonly [implementation]?: T };

/** What a contract reference stands for: `ImplementationOf<typeof Clock>` is `Clock`. */
export type ImplementationOf<C> = C extends Contract<infer T> ? T : never;

type Method = (...args: never[]) => unknown;
type AsyncMethod = (...args: never[]) => Promise<unknown>;

/** The members that answer at once, rather than with a promise. */
type SyncMember<T> = {
  [K in keyof T]-?: NonNullable<T[K]> extends AsyncMethod ? never : K;
}[keyof T];

type SyncMethodReach<M extends Method> =
  | "wait"
  | "absent"
  | (ReturnType<M> extends void ? "tell" : never)
  | (ReturnType<M> extends () => void ? "undo" : never)
  | (ReturnType<M> extends object ? { readonly makes: Remote<ReturnType<M>> } : never);

/** How a member that answers at once is reached from another thread. */
export type MemberReach<M> = M extends Method ? SyncMethodReach<M> : "read" | "absent";

/**
 * How the members of a contract that are not asynchronous methods are reached from another thread:
 *
 * - `wait`: the caller's thread stands still until the answer, plain data, is there;
 * - `read`: the same for a property;
 * - `tell`: nothing is answered; calls arrive in order;
 * - `undo`: the answer is a function that takes the call back;
 * - `makes`: the answer is an object that is reached in the same way, made anew for each of its calls;
 * - `absent`: it works in the kernel's own thread only, elsewhere it throws `CRM_WORKER_MEMBER`.
 */
export type Remote<T> = { readonly [K in SyncMember<T>]: MemberReach<NonNullable<T[K]>> };

/** `local`: every thread has an implementation of its own. */
export type Reach<T> = "local" | Remote<T>;

/** A contract of asynchronous methods declares nothing; any other says how each of the rest is reached. */
type ReachArgument<T> = [T] extends [Method]
  ? [reach?: "local"]
  : [T] extends [object]
    ? [SyncMember<T>] extends [never]
      ? [reach?: Reach<T>]
      : [reach: Reach<T>]
    : [reach?: "local"];

/** A reach without its types, for the code that carries calls. */
export type AnyRemote = { readonly [member: string]: AnyMemberReach };
export type AnyMemberReach = "wait" | "read" | "tell" | "undo" | "absent" | { readonly makes: AnyRemote };

const PREFIX = "crmessenger:";
const NAME = /^[a-z][a-z0-9-]*(\.[a-z][a-z0-9-]*)+$/;

const reaches = new Map<symbol, "local" | AnyRemote>();

/**
 * Declares a contract. `name` is `<area>.<contract>` in kebab-case; `major` rises when an implementation or a
 * caller written for the old one would break. `reach` says how a plugin in a thread of its own uses the members that
 * are not asynchronous methods; where there are none, nothing need be said.
 */
export function contract<T>(name: string, major: number, ...reach: ReachArgument<T>): Contract<T> {
  if (!NAME.test(name)) throw new TypeError(`A contract is named "<area>.<name>" in kebab-case, not "${name}".`);
  if (!Number.isInteger(major) || major < 1) throw new TypeError(`The major of ${name} must be a positive integer.`);
  const reference = Symbol.for(`${PREFIX}${name}@${major}`);
  const [declared] = reach as readonly ("local" | AnyRemote | undefined)[];
  if (declared !== undefined) reaches.set(reference, declared);
  return reference as Contract<T>;
}

/** How the contract is reached from another thread. */
export function reachOf(reference: Contract<unknown>): "local" | AnyRemote {
  return reaches.get(reference) ?? {};
}

/** The readable id of a contract, such as `infrastructure.storage@1`. */
export function contractId(reference: Contract<unknown>): string {
  return (reference.description ?? "").slice(PREFIX.length);
}

/** The contract's name without its major: two majors of one contract share it. */
export function contractName(reference: Contract<unknown>): string {
  return contractId(reference).replace(/@\d+$/, "");
}

/** The reach of a `Registry`: parts are registered from anywhere and used by the registry's owner. */
export const registryReach = { register: "tell", unregister: "tell", get: "absent", all: "absent" } as const;
