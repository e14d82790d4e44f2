import { CrmError } from "@crmessenger/kernel";
import type { Attributes, NewRecord, Timestamp } from "@crmessenger/kernel/infrastructure";
import type { Deal, Money, Pipeline, Stage } from "@crmessenger/kernel/sales";
import { mergeAttributes } from "../record/merge-attributes.ts";

/** What is given when a deal is made; the rest follows from its pipeline. */
export type GivenDeal = Pick<
  NewRecord<Deal>,
  "id" | "title" | "amount" | "contactId" | "ownerId" | "teamId" | "attributes"
>;

/**
 * A deal while it changes, with the rules it changes by. Storage, audit and events see `record`: plain data, a new
 * object for every change.
 */
export class DealEntity {
  #record: Deal;
  readonly #pipeline: Pipeline;

  constructor(record: Deal, pipeline: Pipeline) {
    this.#record = record;
    this.#pipeline = pipeline;
  }

  /** A deal that does not exist yet. It begins on an open stage, on the first if none is named. */
  static draft(given: GivenDeal, pipeline: Pipeline, stageId: string | undefined, at: Timestamp): NewRecord<Deal> {
    const open = pipeline.stages.filter(({ kind }) => kind === "open");
    const stage = stageId === undefined ? open[0] : open.find(({ id }) => id === stageId);
    if (!stage) throw noStage(pipeline, stageId, open);
    return {
      ...given,
      pipelineId: pipeline.id,
      stageId: stage.id,
      stageChangedAt: at,
      companyId: null,
      leadId: null,
      closedAt: null,
    };
  }

  get record(): Deal {
    return this.#record;
  }

  retitle(title: string): void {
    this.#record = { ...this.#record, title };
  }

  setAmount(amount: Money | null): void {
    this.#record = { ...this.#record, amount };
  }

  setContact(contactId: string | null): void {
    this.#record = { ...this.#record, contactId };
  }

  /** Replaces the named custom fields; null removes one. */
  setAttributes(patch: Attributes): void {
    this.#record = { ...this.#record, attributes: mergeAttributes(this.#record.attributes, patch) };
  }

  /** Gives the deal to an owner, or to nobody; without `teamId` it stays with its team. */
  assignTo(ownerId: string | null, teamId: string | null = this.#record.teamId): void {
    this.#record = { ...this.#record, ownerId, teamId };
  }

  /**
   * Moves to a stage of the pipeline; one that there is not is `CRM_SALES_STAGE` (422). A deal closes when it comes to
   * a won or lost stage from one of another kind, and an open stage opens it again.
   */
  moveTo(stageId: string, at: Timestamp): void {
    const { stages } = this.#pipeline;
    const stage = stages.find(({ id }) => id === stageId);
    if (!stage) throw noStage(this.#pipeline, stageId, stages);
    if (stageId === this.#record.stageId) return;
    const sameKind = stage.kind === kindOfStage(this.#pipeline, this.#record.stageId);
    const closedAt = stage.kind === "open" ? null : sameKind ? this.#record.closedAt : at;
    this.#record = { ...this.#record, stageId, stageChangedAt: at, closedAt };
  }
}

export function kindOfStage({ stages }: Pipeline, stageId: string): Stage["kind"] | undefined {
  return stages.find(({ id }) => id === stageId)?.kind;
}

function noStage(pipeline: Pipeline, stageId: string | undefined, among: readonly Stage[]): CrmError {
  const allowed = among.map(({ id }) => id);
  return new CrmError(
    "CRM_SALES_STAGE",
    `"${stageId ?? ""}" is no stage of "${pipeline.name}" that a deal can come to here. Choose one of: ${allowed.join(", ")}.`,
    { status: 422, details: { pipelineId: pipeline.id, stageId: stageId ?? null, allowed } },
  );
}
