import { contract, registryReach } from "../contract.ts";
import type { MappingDefinition } from "../infrastructure/mapping-definition.ts";
import type { Named, Registry } from "../infrastructure/registry.ts";
import type { NewRecord } from "../infrastructure/repository.ts";
import type { Company } from "./company.ts";
import type { Contact } from "./contact.ts";
import type { Deal } from "./deal.ts";
import type { Lead } from "./lead.ts";
import type { ConversionOptions } from "./lead-converter.ts";

/** Something to be found, or to be made: the converter inserts drafts and leaves what has an id as it is. */
export type Attached<T> = { readonly id: string } | { readonly create: T };

/** What a lead is to become. */
export interface ConversionPlan {
  readonly deal: Omit<NewRecord<Deal>, "id" | "leadId" | "contactId" | "companyId">;
  /** Usually the lead's own contact. */
  readonly contact: Attached<Omit<NewRecord<Contact>, "id">>;
  /** Null: no company. */
  readonly company: Attached<Omit<NewRecord<Company>, "id">> | null;
}

/**
 * Decides what is carried over from a lead, and whether contact and company are created or found. It plans and writes
 * nothing: it runs inside the unit of work of the conversion and again when that is retried. A throw aborts the
 * conversion.
 */
export interface ConversionStrategy extends Named {
  plan(lead: Lead, options: ConversionOptions & { readonly mapping: MappingDefinition }): Promise<ConversionPlan>;
}

/** The conversion strategies of the application. `default` maps fields and keeps the lead's contact. */
export interface ConversionStrategies extends Registry<ConversionStrategy> {}

export const ConversionStrategies = contract<ConversionStrategies>("sales.conversion-strategies", 1, registryReach);
