import type { Plugin } from "@crmessenger/kernel";
import type { StorageHarness } from "@crmessenger/testing";

/** A storage with one fault, and the promise of a suite that it breaks. */
export interface Breakage {
  readonly fault: string;
  readonly suite: (harness: StorageHarness) => void;
  /** The test that must fail. */
  readonly noticedBy: string;
  readonly plugin: () => Plugin;
}
