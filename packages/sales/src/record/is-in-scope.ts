import { type Criteria, type CriteriaSubject, matches } from "@crmessenger/kernel/infrastructure";

/** Whether a record, or the draft of one, is within what a caller may reach. Fields it does not have are null. */
export function isInScope(scope: Criteria, record: object): boolean {
  return matches(scope, record as CriteriaSubject);
}
