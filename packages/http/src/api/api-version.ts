import { type Operation, operationAt, operationVersions } from "@crmessenger/kernel";
import type { EventCatalogue } from "@crmessenger/kernel/infrastructure";

/** Below it are the operations and everything else that belongs to this version of the API. */
export function apiPrefix(version: number): string {
  return `/api/v${version}`;
}

/** Every version up to the highest that an operation or an event has reached. */
export function apiVersions(operations: readonly Operation[], events: EventCatalogue): readonly number[] {
  const offered = operations.filter(({ http }) => http !== null);
  const highest = Math.max(1, ...offered.map(({ version }) => version), ...events.all().map(({ latest }) => latest));
  return Array.from({ length: highest }, (_, index) => index + 1);
}

/** An operation as a version of the API offers it: in its highest version up to that one; undefined when it came later. */
export function inApiVersion(operation: Operation, version: number): Operation | undefined {
  const offered = operationVersions(operation).findLast((each) => each <= version);
  return offered === undefined ? undefined : operationAt(operation, offered);
}
