import { DEFAULT_TENANT, executionContext, runInContext } from "@crmessenger/kernel";
import { type Collection, type Collections, defineCollection, everything } from "@crmessenger/kernel/infrastructure";
import { z } from "zod";

const Tenant = defineCollection("communication.tenants", { schema: z.object({}) });

const PAGE = 500;

/**
 * Which tenants have channel accounts. What is stored belongs to a tenant, so whoever looks after the accounts of
 * all must know them by name; the names are kept with the default tenant.
 */
export class AccountTenants {
  readonly #tenants: Collection<object>;

  constructor(collections: Collections) {
    this.#tenants = collections.open(Tenant);
  }

  /** The tenant of the execution context gets an account. */
  async note(): Promise<void> {
    const { tenantId } = executionContext();
    if (tenantId === DEFAULT_TENANT) return;
    await runInContext({ tenantId: DEFAULT_TENANT }, () => this.#tenants.put(tenantId, {}));
  }

  async all(): Promise<readonly string[]> {
    const all = [DEFAULT_TENANT];
    await runInContext({ tenantId: DEFAULT_TENANT }, async () => {
      for (let after: string | undefined; ;) {
        const page = await this.#tenants.find(everything, { limit: PAGE, ...(after === undefined ? {} : { after }) });
        all.push(...page.items.map(({ key }) => key));
        if (page.next === undefined) break;
        after = page.next;
      }
    });
    return all;
  }
}
