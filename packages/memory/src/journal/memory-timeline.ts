import { executionContext } from "@crmessenger/kernel";
import type { Activity, Timeline } from "@crmessenger/kernel/communication";
import type { CriteriaSubject, Page, PageRequest } from "@crmessenger/kernel/infrastructure";
import { pageOf } from "../records/page-of.ts";
import type { Database } from "../state/database.ts";
import { frozenCopy } from "../state/frozen-copy.ts";
import { Table, keyOf } from "../state/table.ts";
import type { Unit } from "../state/unit.ts";

interface Row {
  readonly tenantId: string;
  readonly activity: Activity;
}

/** Timelines, in a table. */
export class MemoryTimeline implements Timeline {
  readonly #database: Database;
  readonly #rows = new Table<Row>("activities", [
    { name: "contact", unique: false, keys: ({ tenantId, activity }) => [keyOf(tenantId, activity.contactId)] },
    {
      name: "lead",
      unique: false,
      keys: ({ tenantId, activity }) => (activity.leadId === null ? [] : [keyOf(tenantId, activity.leadId)]),
    },
  ]);

  constructor(database: Database) {
    this.#database = database;
  }

  async add(activities: readonly Omit<Activity, "actor" | "at" | "id">[]): Promise<void> {
    this.#database.required("An activity");
    await this.#database.write((unit) => this.addIn(unit, activities));
  }

  /** Adds activities in a unit that holds the lock. */
  addIn(unit: Unit, activities: readonly Omit<Activity, "actor" | "at" | "id">[]): void {
    const { tenantId, actor } = executionContext();
    for (const added of activities) {
      const activity = { ...added, id: this.#database.ids.next(), actor, at: this.#database.now() };
      unit.write(this.#rows, activity.id, frozenCopy({ tenantId, activity }));
    }
  }

  async of(
    holder: { readonly contactId: string } | { readonly leadId: string },
    page: PageRequest = {},
  ): Promise<Page<Activity>> {
    const { tenantId } = executionContext();
    const [index, id] = "contactId" in holder ? ["contact", holder.contactId] : ["lead", holder.leadId];
    const activities = [...this.#database.view().lookup(this.#rows, index, keyOf(tenantId, id))].map(
      ({ activity }) => activity,
    );
    return pageOf(activities, page, {
      id: (activity) => activity.id,
      subject: (activity) => activity as unknown as CriteriaSubject,
    });
  }
}
