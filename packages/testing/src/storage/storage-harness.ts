import type { Plugin } from "@crmessenger/kernel";
import { type Clock, systemClock } from "@crmessenger/kernel/infrastructure";
import { type TestKernel, createTestKernel } from "../kernel/create-test-kernel.ts";

/** How a storage is handed to the suites: one object an implementation, one database a call of `create`. */
export interface StorageHarness {
  /** As test reports show it: `memory`, `PGlite`, `PostgreSQL 15`. */
  readonly name: string;
  /**
   * `one`: the data end with the kernel. `successive`: they outlive it, one kernel at a time. `concurrent`: several
   * kernels work on them at once, as several processes would.
   */
  readonly processes: "one" | "successive" | "concurrent";
  /** A new, empty database. */
  create(): Promise<TestDatabase>;
}

export interface TestDatabase {
  /** The plugins that provide the storage contracts over this database; new ones every time, as in a new process. */
  plugins(): readonly Plugin[];
  /** What the plugins read from the environment. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Everything the storage keeps, as raw text, for finding out what is encrypted. Absent where nothing is at rest. */
  dump?(): Promise<string>;
  /** Called last, when no kernel uses the database any more. */
  drop?(): Promise<void>;
}

/** A kernel on a test database. */
export function startOn(
  database: TestDatabase,
  plugins: readonly Plugin[] = [],
  clock: Clock = systemClock,
): Promise<TestKernel> {
  const environment = database.environment ?? {};
  return createTestKernel({ plugins: [...database.plugins(), ...plugins], environment, clock });
}
