import type { MessageQueued, Message } from "@crmessenger/kernel/communication";
import type { EventDefinition } from "@crmessenger/kernel";
import type { StoredEvent } from "@crmessenger/kernel/infrastructure";
import type { Lead } from "@crmessenger/kernel/sales";

type PayloadOf<D> = D extends EventDefinition<infer T> ? T : never;

/** The lead in an event of one. Projections get events in the version they were written for, checked when recorded. */
export function leadOf({ payload }: StoredEvent): Lead {
  return (payload as unknown as { readonly lead: Lead }).lead;
}

/** The payload of `message.received` or `message.queued`. */
export function messageOf({ payload }: StoredEvent): PayloadOf<typeof MessageQueued> {
  return payload as unknown as PayloadOf<typeof MessageQueued>;
}

/** Whether somebody wrote it, here or in another system, rather than a plugin on its own. */
export function isFromPerson({ author, origin, direction }: Message): boolean {
  return direction === "outbound" && (author.kind === "user" || origin !== null);
}
