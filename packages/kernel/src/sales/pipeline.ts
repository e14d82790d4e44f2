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

/** A way of selling, as data: its stages in order. */
export interface Pipeline extends EntityRecord {
  /** Unique per tenant. */
  readonly name: string;
  readonly stages: readonly Stage[];
  /** ISO 4217: the currency that amounts of its deals are in. */
  readonly currency: string;
}

/** Pipelines, as any repository. */
export interface PipelineRepository extends Repository<Pipeline> {}

export const PipelineRepository = contract<PipelineRepository>("sales.pipeline-repository", 1);
