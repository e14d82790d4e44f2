import { z } from "zod";
import { contract } from "../contract.ts";
import { type MappingDefinition, mappingDefinitionSchema } from "../infrastructure/mapping-definition.ts";
import type { Attributes, EntityRecord } from "../infrastructure/repository.ts";
import { id } from "../schema.ts";

/**
 * A record that can be turned into another one, once, when its status says so: a Lead whose status may be followed by
 * `converted` becomes a Deal.
 */
export interface Convertible extends EntityRecord {
  readonly status: string;
  readonly attributes: Attributes;
}

/** How to convert a lead. */
export interface ConversionOptions {
  /** Where the deal begins; default the first stage. */
  readonly pipelineId: string;
  readonly stageId?: string;
  /** The name of a ConversionStrategy. Default `default`. */
  readonly strategy?: string;
  /** Which fields of the lead become which fields of the deal; default the pipeline's own mapping. */
  readonly mapping?: MappingDefinition;
}

/** What a lead became. */
export interface ConversionResult {
  readonly leadId: string;
  readonly dealId: string;
  readonly contactId: string;
  readonly companyId: string | null;
  /** What was made rather than found. */
  readonly created: readonly ("deal" | "contact" | "company")[];
}

export const conversionOptionsSchema: z.ZodType<ConversionOptions> = z.strictObject({
  pipelineId: id,
  stageId: id.exactOptional(),
  strategy: z.string().min(1).max(100).exactOptional(),
  mapping: mappingDefinitionSchema.exactOptional(),
});

export const conversionResultSchema: z.ZodType<ConversionResult> = z.object({
  leadId: id,
  dealId: id,
  contactId: id,
  companyId: id.nullable(),
  created: z.array(z.enum(["deal", "contact", "company"])).readonly(),
});

/**
 * Turns leads into deals. No suite verifies it yet.
 *
 * One unit of work: the deal, what it needs, the lead's status `converted`, the audit entries and the events exist
 * together or not at all. Converting a converted lead answers the first result again.
 */
export interface LeadConverter {
  /**
   * Rejects with `CRM_SALES_NOT_FOUND` (404), `CRM_SALES_TRANSITION` (409) when the lead's status does not lead to
   * `converted`, `CRM_REGISTRY_UNKNOWN` (422) for an unknown strategy, and whatever strategy and hooks throw.
   */
  convert(leadId: string, options: ConversionOptions): Promise<ConversionResult>;
}

export const LeadConverter = contract<LeadConverter>("sales.lead-converter", 1);
