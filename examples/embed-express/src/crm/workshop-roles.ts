import { DEFAULT_TENANT, type Kernel } from "@crmessenger/kernel";
import { type AccessSubject, ListRoles } from "@crmessenger/kernel/iam";
import type { Job, Person } from "../workshop/workshop-database.ts";

/** Which of CRMessenger's roles a job of the workshop comes with. What a role may do is data, and can be edited there. */
const ROLES: Readonly<Record<Job, string>> = { boss: "owner", mechanic: "manager" };

/** Who the workshop's people are in CRMessenger. They are not copied there: their subject says all that is needed. */
export class WorkshopRoles {
  readonly #ids: ReadonlyMap<string, string>;

  private constructor(ids: ReadonlyMap<string, string>) {
    this.#ids = ids;
  }

  static async load(kernel: Kernel): Promise<WorkshopRoles> {
    const { items } = await kernel.run(() => kernel.bus.ask(ListRoles, {}));
    return new WorkshopRoles(new Map(items.map(({ name, id }) => [name, id])));
  }

  subjectOf({ id, job }: Person): AccessSubject {
    const role = this.#ids.get(ROLES[job]);
    return { kind: "user", id, tenantId: DEFAULT_TENANT, roles: role === undefined ? [] : [role], teams: [] };
  }
}
