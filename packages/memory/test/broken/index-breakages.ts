import { executionContext } from "@crmessenger/kernel";
import { describeAttributeIndexes } from "@crmessenger/testing";
import { breakStorage, but, inOneTenant } from "./break-storage.ts";
import type { Breakage } from "./breakage.ts";

export const indexBreakages: readonly Breakage[] = [
  {
    fault: "forgets that values are unique",
    suite: describeAttributeIndexes,
    noticedBy: "keeps a number unique among live entities of a tenant",
    plugin: () =>
      breakStorage(({ attributeIndexes }) => ({
        attributeIndexes: but(attributeIndexes, {
          ensure: (index) => attributeIndexes.ensure({ ...index, unique: false }),
        }),
      })),
  },
  {
    fault: "takes an index of another kind for one that it has",
    suite: describeAttributeIndexes,
    noticedBy: "replaces an index by another one of the same field",
    plugin: () =>
      breakStorage(({ attributeIndexes }) => ({
        attributeIndexes: but(attributeIndexes, {
          async ensure(index) {
            const known = await attributeIndexes.states(index.entity);
            if (!known.some(({ field }) => field === index.field)) await attributeIndexes.ensure(index);
          },
        }),
      })),
  },
  {
    fault: "keeps what it was told to drop",
    suite: describeAttributeIndexes,
    noticedBy: "drops an index, and says whether there was one",
    plugin: () =>
      breakStorage(({ attributeIndexes }) => ({
        attributeIndexes: but(attributeIndexes, { drop: async () => true }),
      })),
  },
  {
    fault: "makes indexes of values that are shared",
    suite: describeAttributeIndexes,
    noticedBy: "refuses to make unique what is not, says which values, and can be asked again",
    plugin: () =>
      breakStorage(({ attributeIndexes }) => ({
        attributeIndexes: but(attributeIndexes, { ensure: (index) => attributeIndexes.ensure(index).catch(() => {}) }),
      })),
  },
  {
    fault: "makes indexes in the middle of a unit of work",
    suite: describeAttributeIndexes,
    noticedBy: "refuses what has no custom fields, and work inside a unit",
    plugin: () =>
      breakStorage(({ attributeIndexes }) => ({
        attributeIndexes: but(attributeIndexes, {
          ensure: async (index) => (executionContext().unitOfWork ? undefined : attributeIndexes.ensure(index)),
        }),
      })),
  },
  {
    fault: "shows the indexes of every tenant",
    suite: describeAttributeIndexes,
    noticedBy: "makes an index once, and says that it is ready",
    plugin: () =>
      breakStorage(({ attributeIndexes }) => ({
        attributeIndexes: but(attributeIndexes, {
          ensure: (index) => inOneTenant(() => attributeIndexes.ensure(index)),
          states: (entity) => inOneTenant(() => attributeIndexes.states(entity)),
        }),
      })),
  },
];
