import type { EntityRecord } from "../infrastructure/repository.ts";

/** A change that is about to be stored. Taps answer the change with another `next`; `previous` is there to be read. */
export interface EntityChange<R extends EntityRecord> {
  /** As it is stored now. */
  readonly previous: R;
  /** As it is going to be. */
  readonly next: R;
}
