import { type Plugin, runInContext } from "@crmessenger/kernel";
import type { Intake, Timeline } from "@crmessenger/kernel/communication";
import type {
  AttributeIndexes,
  Auditor,
  Clock,
  Collections,
  EventLog,
  Idempotency,
  Jobs,
  Leases,
  RateBudget,
  Secrets,
  Settings,
  Storage,
  UnitOfWork,
} from "@crmessenger/kernel/infrastructure";
import type { ContactRepository, LeadRepository } from "@crmessenger/kernel/sales";
import { memory } from "../../src/plugin.ts";

/** What the memory plugin provides, as far as it is broken here. */
export interface Parts {
  readonly unitOfWork: UnitOfWork;
  readonly contacts: ContactRepository;
  readonly leads: LeadRepository;
  readonly idempotency: Idempotency;
  readonly intake: Intake;
  readonly log: EventLog;
  readonly jobs: Jobs;
  readonly collections: Collections;
  readonly secrets: Secrets;
  readonly settings: Settings;
  readonly attributeIndexes: AttributeIndexes;
  readonly auditor: Auditor;
  readonly timeline: Timeline;
  readonly leases: Leases;
  readonly rateBudget: RateBudget;
  readonly storage: Storage;
}

/** The memory plugin with parts replaced by wrong ones. */
export function breakStorage(replace: (parts: Parts, services: { readonly clock: Clock }) => Partial<Parts>): Plugin {
  const plugin = memory();
  const boot: Plugin["definition"]["boot"] = (services, context) => {
    const wiring = plugin.definition.boot?.(services, context) ?? {};
    const parts = wiring.provide as unknown as Parts;
    return { ...wiring, provide: { ...parts, ...replace(parts, services as unknown as { clock: Clock }) } as never };
  };
  return { ...plugin, definition: { ...plugin.definition, boot } };
}

/** The same object with some methods replaced. */
export function but<T extends object>(whole: T, changes: Partial<T>): T {
  return new Proxy(whole, {
    get(target, name) {
      if (Object.hasOwn(changes, name)) return changes[name as keyof T];
      const value: unknown = Reflect.get(target, name);
      return typeof value === "function" ? (value.bind(target) as unknown) : value;
    },
  });
}

/** Runs work in a tenant that everybody shares. */
export function inOneTenant<T>(work: () => T): T {
  return runInContext({ tenantId: "everybody" }, work);
}
