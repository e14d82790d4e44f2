import type { AttributeHolderKind, HolderSubject } from "@crmessenger/kernel/extensibility";
import type { Attributes, EntityRecord, Repository } from "@crmessenger/kernel/infrastructure";
import { notFound, requireVersion } from "./refusals.ts";

/** What the audit calls a change of custom fields that the keeper of definitions asked for. */
export const CONVERT_ACTION = "sales.attributes.convert";

interface Holding<R> {
  readonly what: "contact" | "lead" | "deal";
  readonly repository: Repository<R & EntityRecord>;
  /** Stores the record with these custom fields changed. */
  store(before: R, patch: Attributes): Promise<unknown>;
}

/** How a plugin that keeps custom fields reaches the entities that hold them. */
export function holdingOf<R extends EntityRecord>({
  what,
  repository,
  store,
}: Holding<R>): Pick<AttributeHolderKind, "getMany" | "find" | "setAttributes"> {
  const subject = (record: R) => record as unknown as HolderSubject;
  return {
    getMany: async (ids) => (await repository.getMany(ids)).map(subject),
    async find(criteria, page) {
      const { items, ...next } = await repository.find(criteria, page);
      return { items: items.map(subject), ...next };
    },
    async setAttributes(id, version, patch) {
      const before = await repository.get(id, { lock: true });
      if (!before || before.deletedAt !== null) throw notFound(what, id);
      requireVersion(before, version);
      await store(before, patch);
    },
  };
}
