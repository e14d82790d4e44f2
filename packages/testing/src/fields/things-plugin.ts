import { CrmError, definePlugin, executionContext } from "@crmessenger/kernel";
import {
  AttributeHolders,
  CustomFieldManager,
  type CustomFieldManager as Manager,
  type HolderSubject,
} from "@crmessenger/kernel/extensibility";
import {
  type Attributes,
  type Collection,
  type CriteriaSubject,
  Collections,
  defineCollection,
  matches,
  not,
  nothing,
} from "@crmessenger/kernel/infrastructure";
import { z } from "zod";

/** What stands in for an entity of a plugin: it has states, and custom fields besides. */
export interface Thing {
  readonly state: string;
  readonly attributes: Attributes;
}

/** The entity type of things. */
export const THING = "thing";
/** A field that a plugin declares in code. */
export const SERIAL = "serial";

export const thingCollection = defineCollection<Thing>("testing-things.things", {
  schema: z.object({ state: z.string(), attributes: z.record(z.string(), z.json()) }) as z.ZodType<Thing>,
});

/** Owns things, and has their custom fields kept, as any plugin with entities of its own does. */
export const thingsPlugin = definePlugin({
  id: "testing-things",
  version: "1.0.0",
  deps: { holders: AttributeHolders, collections: Collections, manager: CustomFieldManager },
  fields: { [THING]: { [SERIAL]: { type: { kind: "text", maxLength: 20 } } } },
  boot({ holders, collections, manager }) {
    const things = collections.open(thingCollection);
    holders.register({
      name: THING,
      label: "Thing",
      state: { field: "state", values: ["new", "used"] },
      permissions: { read: "testing.thing.read", write: "testing.thing.update" },
      operations: [],
      getMany: async (ids) =>
        (await things.getMany(ids)).map(({ key, version, value }) => subjectOf(key, version, value)),
      async find(criteria, page) {
        const { items, ...next } = await things.find(not(nothing), page);
        const subjects = items.map(({ key, version, value }) => subjectOf(key, version, value));
        return { items: subjects.filter((subject) => matches(criteria, subject)), ...next };
      },
      async setAttributes(id, version, patch) {
        const before = await things.get(id, { lock: true });
        if (!before) throw new CrmError("CRM_TESTING_THING", `There is no thing ${id}.`, { status: 404 });
        const attributes = { ...before.value.attributes, ...patch };
        for (const [name, value] of Object.entries(attributes)) if (value === null) delete attributes[name];
        await changeThing({ things, manager }, id, { ...before.value, attributes }, version);
      },
    });
    return {};
  },
});

export interface ThingServices {
  readonly things: Collection<Thing>;
  readonly manager: Manager;
}

/** Stores a thing in the current unit of work, with what the manager makes of its custom fields. */
export async function changeThing(
  { things, manager }: ThingServices,
  id: string,
  thing: Thing,
  expectedVersion?: number,
): Promise<Thing> {
  const before = await things.get(id);
  const attributes = await manager.apply({
    entity: THING,
    next: subjectOf(id, 0, thing),
    previous: before ? subjectOf(id, before.version, before.value) : null,
  });
  const stored = await things.put(
    id,
    { ...thing, attributes },
    expectedVersion === undefined ? {} : { expectedVersion },
  );
  return stored.value;
}

export function subjectOf(id: string, version: number, { state, attributes }: Thing): HolderSubject {
  const subject: CriteriaSubject = { id, version, state, tenantId: executionContext().tenantId };
  return { ...subject, attributes };
}
