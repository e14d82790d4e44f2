import type { HookTaps } from "@crmessenger/kernel";
import type { CustomFieldManager, HolderSubject } from "@crmessenger/kernel/extensibility";
import type { Attributes, EntityRecord } from "@crmessenger/kernel/infrastructure";
import { DealHooks, type EntityChange, SalesHooks } from "@crmessenger/kernel/sales";

/** The points where contacts, leads and deals are about to be stored. */
export const writePoints = [
  SalesHooks.contactDraft,
  SalesHooks.contactChange,
  SalesHooks.leadDraft,
  SalesHooks.leadChange,
  DealHooks.dealDraft,
  DealHooks.dealChange,
];

type WithAttributes = { readonly attributes: Attributes };

/** Applies the definitions last, to what every other plugin made of the entity. */
export function tapWrites(taps: HookTaps, manager: CustomFieldManager): void {
  const draft =
    (entity: string) =>
    async <D extends WithAttributes>(next: D): Promise<D> =>
      withAttributes(next, await manager.apply({ entity, next: subjectOf(next), previous: null }));
  const change =
    (entity: string) =>
    async <R extends EntityRecord & WithAttributes>({ previous, next }: EntityChange<R>): Promise<EntityChange<R>> => {
      const attributes = await manager.apply({ entity, next: subjectOf(next), previous: subjectOf(previous) });
      return { previous, next: withAttributes(next, attributes) };
    };
  const last = { stage: "last" } as const;
  taps.tap(SalesHooks.contactDraft, draft("contact"), last);
  taps.tap(SalesHooks.contactChange, change("contact"), last);
  taps.tap(SalesHooks.leadDraft, draft("lead"), last);
  taps.tap(SalesHooks.leadChange, change("lead"), last);
  taps.tap(DealHooks.dealDraft, draft("deal"), last);
  taps.tap(DealHooks.dealChange, change("deal"), last);
}

function subjectOf(entity: WithAttributes): HolderSubject {
  return entity as unknown as HolderSubject;
}

function withAttributes<T extends WithAttributes>(entity: T, attributes: Attributes): T {
  return attributes === entity.attributes ? entity : { ...entity, attributes };
}
