import { executionContext } from "@crmessenger/kernel";
import type { AttachedField, DeclaredFields } from "@crmessenger/kernel/extensibility";
import {
  type Clock,
  type Collection,
  type Stored,
  type UnitOfWork,
  everything,
} from "@crmessenger/kernel/infrastructure";
import { type EntityFields, entityFields, noFields } from "./entity-fields.ts";
import type { StoredField } from "./field-collection.ts";

type Catalogue = ReadonlyMap<string, EntityFields>;

interface Entry {
  readonly expiresAt: number;
  readonly catalogue: Catalogue;
}

export interface CatalogueServices {
  readonly clock: Clock;
  readonly declared: DeclaredFields;
  readonly fields: Collection<StoredField>;
  readonly unitOfWork: UnitOfWork;
  /** Told when a tenant is seen for the first time. */
  readonly tenantSeen: () => void;
}

const MAX_TENANTS = 1_000;
const PAGE = 500;

/**
 * The fields of a tenant, from the database and from code, kept in the process. A change made in this process shows with
 * its commit, and inside its unit of work at once; one made by another process when our copy is older than `ttlMs`.
 */
export class FieldCatalogue {
  readonly #services: CatalogueServices;
  readonly #ttlMs: number;
  readonly #entries = new Map<string, Entry>();
  /** How often a tenant's fields changed: what was read before a change is not kept after it. */
  readonly #changes = new Map<string, number>();
  /** What units of work that changed fields see. */
  readonly #dirty = new WeakMap<object, { catalogue?: Promise<Catalogue> }>();

  constructor(services: CatalogueServices, ttlMs: number) {
    this.#services = services;
    this.#ttlMs = ttlMs;
  }

  async of(entity: string): Promise<EntityFields> {
    return (await this.#current()).get(entity) ?? noFields;
  }

  /** Called within the unit of work that changes fields, after the change. */
  async changed(): Promise<void> {
    await this.#services.unitOfWork.run(async (unit) => {
      const { tenantId, unitOfWork } = executionContext();
      if (unitOfWork) this.#dirty.set(unitOfWork, {});
      unit.afterCommit(() => {
        this.#changes.set(tenantId, (this.#changes.get(tenantId) ?? 0) + 1);
        this.#entries.delete(tenantId);
      });
    });
  }

  #current(): Promise<Catalogue> | Catalogue {
    const { tenantId, unitOfWork } = executionContext();
    const own = unitOfWork && this.#dirty.get(unitOfWork);
    if (own) return (own.catalogue ??= this.#load());
    const known = this.#entries.get(tenantId);
    if (known && known.expiresAt > this.#services.clock.now()) return known.catalogue;
    return this.#refresh(tenantId);
  }

  /** Each caller reads for itself: a unit of work that waited for the reading of another could wait for ever. */
  async #refresh(tenantId: string): Promise<Catalogue> {
    const change = this.#changes.get(tenantId);
    const expiresAt = this.#services.clock.now() + this.#ttlMs;
    const catalogue = await this.#load();
    if (change !== this.#changes.get(tenantId)) return catalogue;
    if (!this.#entries.delete(tenantId)) this.#services.tenantSeen();
    this.#entries.set(tenantId, { expiresAt, catalogue });
    const [oldest] = this.#entries.keys();
    if (this.#entries.size > MAX_TENANTS && oldest !== undefined) this.#entries.delete(oldest);
    return catalogue;
  }

  async #load(): Promise<Catalogue> {
    const declared = this.#services.declared
      .all()
      .map((field): AttachedField => ({ ...field, version: 1, archived: false }));
    const taken = new Set(declared.map(({ entity, name }) => `${entity}.${name}`));
    const stored = (await this.#stored()).filter(({ entity, name }) => !taken.has(`${entity}.${name}`));
    const byEntity = Map.groupBy([...declared, ...stored], ({ entity }) => entity);
    return new Map([...byEntity].map(([entity, fields]) => [entity, entityFields(fields)]));
  }

  async #stored(): Promise<readonly AttachedField[]> {
    const found: AttachedField[] = [];
    let after: string | undefined;
    do {
      const page = await this.#services.fields.find(everything, {
        limit: PAGE,
        ...(after === undefined ? {} : { after }),
      });
      found.push(...page.items.map(attachedField));
      after = page.next;
    } while (after !== undefined);
    return found;
  }
}

export function attachedField({ value, version }: Stored<StoredField>): AttachedField {
  return { ...value.definition, entity: value.entity, archived: value.archived, plugin: null, version };
}
