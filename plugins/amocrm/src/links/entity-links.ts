import { type Collection, type Collections, and, defineCollection, where } from "@crmessenger/kernel/infrastructure";
import { z } from "zod";

export const linkKind = z.enum(["contact", "lead"]);
export type LinkKind = z.infer<typeof linkKind>;

const entityLink = z.object({
  kind: linkKind,
  ourId: z.string(),
  /** amoCRM's id; null while its creation is not known to have worked. */
  amoId: z.number().int().nullable(),
  /** `creating`: amoCRM was asked, or is about to be, and has not answered. */
  state: z.enum(["creating", "linked"]),
  /** When it was asked, in milliseconds. */
  askedAt: z.number(),
  /** amoCRM's side as last seen or written. */
  amo: z.object({
    name: z.string(),
    statusId: z.number().int().nullable(),
    responsibleUserId: z.number().int().nullable(),
  }),
  /** Our side at that moment: what differs from it changed here. */
  ours: z.object({ name: z.string(), status: z.string().nullable(), ownerId: z.string().nullable() }),
});
/** A contact or lead here and its counterpart in amoCRM. */
export type EntityLink = z.infer<typeof entityLink>;

const EntityLinkDocuments = defineCollection("amocrm.links", { schema: entityLink, indexes: ["amoId", "state"] });

/** Which of our contacts and leads are which of amoCRM's. */
export class EntityLinks {
  readonly #documents: Collection<EntityLink>;

  constructor(collections: Collections) {
    this.#documents = collections.open(EntityLinkDocuments);
  }

  /** The link of one of our entities. */
  async get(kind: LinkKind, ourId: string): Promise<EntityLink | undefined> {
    return (await this.#documents.get(linkKey(kind, ourId)))?.value;
  }

  /** The links of several, by {@link linkKey}. */
  async getMany(keys: readonly string[]): Promise<ReadonlyMap<string, EntityLink>> {
    const found = await this.#documents.getMany([...new Set(keys)]);
    return new Map(found.map(({ key, value }) => [key, value]));
  }

  /** The links of amoCRM's entities; one of theirs may stand for several of ours. */
  async ofAmo(kind: LinkKind, amoIds: readonly number[]): Promise<readonly EntityLink[]> {
    if (amoIds.length === 0) return [];
    const criteria = and(where<EntityLink>("kind").eq(kind), where<EntityLink>("amoId").in(amoIds));
    return (await this.#documents.find(criteria, { limit: 500 })).items.map(({ value }) => value);
  }

  /** Stores links, whatever was there. */
  async put(links: readonly EntityLink[]): Promise<void> {
    if (links.length === 0) return;
    await this.#documents.putMany(links.map((value) => ({ key: linkKey(value.kind, value.ourId), value })));
  }

  /** Forgets that amoCRM was asked: it is known not to have taken it. */
  async forget(links: readonly EntityLink[]): Promise<void> {
    for (const { kind, ourId } of links) await this.#documents.delete(linkKey(kind, ourId));
  }
}

/** The key of one of our entities. */
export function linkKey(kind: LinkKind, ourId: string): string {
  return `${kind}:${ourId}`;
}
