import type { Ids } from "@crmessenger/kernel/infrastructure";

/** Ids that count up, so that a test can name them: `00000000-0000-7000-8000-000000000001`, … They are valid UUIDs. */
export function sequentialIds(): Ids {
  let last = 0;
  return {
    next() {
      last += 1;
      return `00000000-0000-7000-8000-${last.toString(16).padStart(12, "0")}`;
    },
  };
}
