import type { Dimensions, FactDefinition, Metrics } from "@crmessenger/kernel/analytics";
import { dimensionsOf } from "../catalogue/catalogue.ts";
import type { Build } from "../store/build-store.ts";
import type { FieldStore } from "../store/field-store.ts";
import { type SummaryPlan, type SummaryRequest, badSummary, planSummary } from "./summary-plan.ts";
import type { SummaryStore } from "./summary-store.ts";

/** Sees to it that builds have the summaries that the application asks for. */
export class SummaryKeeper {
  readonly #requests: readonly SummaryRequest[];
  readonly #store: SummaryStore;
  readonly #vocabulary: {
    readonly dimensions: Pick<Dimensions, "all">;
    readonly metrics: Pick<Metrics, "all">;
    readonly fields: Pick<FieldStore, "ofAll">;
  };

  constructor(
    requests: readonly SummaryRequest[],
    parts: {
      readonly store: SummaryStore;
      readonly dimensions: Pick<Dimensions, "all">;
      readonly metrics: Pick<Metrics, "all">;
      readonly fields: Pick<FieldStore, "ofAll">;
    },
  ) {
    this.#requests = requests;
    this.#store = parts.store;
    this.#vocabulary = parts;
  }

  /** `CRM_REPORT_SUMMARY` when something is asked for that these facts can't give. */
  async check(facts: readonly FactDefinition[]): Promise<void> {
    const names = facts.flatMap(({ name, began }) => (began === undefined ? [] : [name]));
    for (const { fact } of this.#requests)
      if (!names.includes(fact))
        throw badSummary(`There is no fact "${fact}" whose rows begin at some time; there are: ${names.join(", ")}.`);
    for (const fact of facts) await this.#plansFor(fact);
  }

  async keep(build: Build, fact: FactDefinition): Promise<void> {
    await this.#store.keep(build, await this.#plansFor(fact));
    await this.#store.dropRetired(build);
  }

  /** What another release asked for is not counted any longer. */
  async retireOthers(build: Build, fact: FactDefinition): Promise<void> {
    await this.#store.retireOthers(build, await this.#plansFor(fact));
  }

  async #plansFor(fact: FactDefinition): Promise<readonly SummaryPlan[]> {
    const { began } = fact;
    const requests = this.#requests.filter((request) => request.fact === fact.name);
    if (began === undefined || requests.length === 0) return [];
    const { dimensions, metrics, fields } = this.#vocabulary;
    const ofFields = (await fields.ofAll()).flatMap((field) => dimensionsOf(field, [fact]));
    const vocabulary = { dimensions: [...dimensions.all(), ...ofFields], metrics: metrics.all() };
    return requests.flatMap((request) => planSummary(request, { ...fact, began }, vocabulary) ?? []);
  }
}
