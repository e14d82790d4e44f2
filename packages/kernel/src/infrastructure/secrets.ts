import { contract } from "../contract.ts";

/** A stored secret with the version to compare against when replacing it. */
export interface Secret {
  readonly value: Uint8Array;
  readonly version: number;
}

/** Secrets of one owner, such as `telegram/<account id>`. Joins the unit of work of the execution context. */
export interface SecretNamespace {
  get(key: string): Promise<Secret | undefined>;
  /** One round trip; unknown keys are left out. */
  getMany(keys: readonly string[]): Promise<ReadonlyMap<string, Secret>>;
  set(key: string, value: Uint8Array): Promise<void>;
  /** One round trip; `null` deletes. */
  setMany(entries: ReadonlyMap<string, Uint8Array | null>): Promise<void>;
  /** Replaces only if the stored version is `expected` (0: must not exist); answers whether it did. */
  compareAndSet(key: string, expected: number, value: Uint8Array): Promise<boolean>;
  keys(prefix?: string): Promise<readonly string[]>;
  /** Deletes every secret of the namespace. */
  clear(): Promise<void>;
}

/**
 * Secrets encrypted at rest with authenticated encryption; the key comes from the environment and can be rotated.
 * Their values reach no log, no error and no event. Verified by `describeSecrets` in `@crmessenger/testing`.
 */
export interface Secrets {
  namespace(name: string): SecretNamespace;
}

export const Secrets = contract<Secrets>("infrastructure.secrets", 1, { namespace: { makes: {} } });
