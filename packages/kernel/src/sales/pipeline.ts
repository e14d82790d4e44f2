import { contract } from "../contract.ts";
import type { EntityRecord, Repository } from "../infrastructure/repository.ts";

/** A step that deals of a pipeline stand on. */
export interface Stage {
  /** Unique in its pipeline; kept when the stage is renamed or moved. */
  readonly id: string;
  readonly name: string;
  /** Deals on a `won` or `lost` stage are closed. A pipeline has at least one of each kind. */
  readonly kind: "open" | "won" | "lost";
  /** The chance of winning from here, 0 to 1, for forecasts. */
  readonly probability: number;
}

/** New → Negotiation → Won or Lost: the stages of a pipeline whose maker names none. */
export const defaultStages: readonly Stage[] = Object.freeze([
  { id: "new", name: "New", kind: "open", probability: 0.1 },
  { id: "negotiation", name: "Negotiation", kind: "open", probability: 0.5 },
  { id: "won", name: "Won", kind: "won", probability: 1 },
  { id: "lost", name: "Lost", kind: "lost", probability: 0 },
]);

/** A way of selling, as data: its stages in order. */
export interface Pipeline extends EntityRecord {
  /** Unique per tenant. */
  readonly name: string;
  readonly stages: readonly Stage[];
  /** ISO 4217: the currency that amounts of its deals are in. It stays as it is. */
  readonly currency: string;
}

/** Pipelines, as any repository; a name that is taken is `CRM_STORAGE_DUPLICATE`. */
export interface PipelineRepository extends Repository<Pipeline> {}

export const PipelineRepository = contract<PipelineRepository>("sales.pipeline-repository", 1);
