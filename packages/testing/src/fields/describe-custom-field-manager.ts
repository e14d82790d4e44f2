import { type Plugin, runInContext } from "@crmessenger/kernel";
import {
  type AttachedField,
  CustomFieldChanged,
  CustomFieldManager,
  type FieldDefinition,
  fieldDefaults,
} from "@crmessenger/kernel/extensibility";
import {
  type Attributes,
  Auditor,
  Collections,
  EventLog,
  Ids,
  UnitOfWork,
  where,
} from "@crmessenger/kernel/infrastructure";
import { expect } from "vitest";
import { type TestKernel, createTestKernel } from "../kernel/create-test-kernel.ts";
import { afterAll, beforeAll, describe, test } from "../suite/suite-api.ts";
import { SERIAL, THING, type Thing, changeThing, subjectOf, thingCollection, thingsPlugin } from "./things-plugin.ts";

/** How a manager of custom fields is handed to its suite: with the storage it works on. */
export interface CustomFieldHarness {
  /** As test reports show it. */
  readonly name: string;
  /** Plugins that provide CustomFieldManager and AttributeHolders, and what they need. New ones every time. */
  plugins(): readonly Plugin[];
  readonly environment?: Readonly<Record<string, string>>;
}

/** What every CustomFieldManager promises, for an entity of the suite's own. */
export function describeCustomFieldManager(harness: CustomFieldHarness): void {
  describe(`${harness.name}: CustomFieldManager`, () => {
    let kernel: TestKernel | undefined;
    beforeAll(async () => {
      const plugins = [...harness.plugins(), thingsPlugin()];
      kernel = await createTestKernel({ plugins, environment: harness.environment ?? {} });
    });
    afterAll(() => kernel?.stop());
    const suite: Suite = (name, run) =>
      test(name, async () => {
        if (!kernel) throw new Error(`"${harness.name}" did not start.`);
        const world = worldOf(kernel);
        await kernel.run(() => run(world), { tenantId: kernel.get(Ids).next() });
      });
    defining(suite);
    converting(suite);
    applying(suite);
    permitting(suite);
  });
}

interface World {
  readonly kernel: TestKernel;
  readonly manager: CustomFieldManager;
  readonly units: UnitOfWork;
  /** Attaches a field to things; what is left out has its default. */
  attach(field: Partial<FieldDefinition> & Pick<FieldDefinition, "name" | "type">): Promise<AttachedField>;
  /** Stores a new thing, and answers its id. */
  create(attributes: Attributes, state?: string): Promise<string>;
  change(id: string, changes: Partial<Thing>): Promise<Thing>;
  load(id: string): Promise<Thing>;
  /** Runs work as somebody who has these permissions and no others. */
  permitted<T>(permissions: readonly string[], work: () => Promise<T>): Promise<T>;
}

type Suite = (name: string, run: (world: World) => Promise<void>) => void;

export const definitionOf = (
  field: Partial<FieldDefinition> & Pick<FieldDefinition, "name" | "type">,
): FieldDefinition => ({
  label: field.name,
  ...fieldDefaults,
  ...field,
});

function worldOf(kernel: TestKernel): World {
  const [manager, units] = [kernel.get(CustomFieldManager), kernel.get(UnitOfWork)];
  const things = kernel.get(Collections).open(thingCollection);
  const load = async (id: string) => {
    const found = await things.get(id);
    if (!found) throw new Error(`There is no thing ${id}.`);
    return found.value;
  };
  return {
    kernel,
    manager,
    units,
    load,
    attach: (field) => manager.attachField(THING, definitionOf(field)),
    async create(attributes, state = "new") {
      const id = kernel.get(Ids).next();
      await units.run(() => changeThing({ things, manager }, id, { state, attributes }));
      return id;
    },
    change: async (id, changes) => {
      const before = await load(id);
      return units.run(() => changeThing({ things, manager }, id, { ...before, ...changes }));
    },
    permitted(permissions, work) {
      const tenantId = "any";
      const subject = { kind: "plugin", id: "testing-caller", tenantId, roles: [], teams: [], permissions } as const;
      return runInContext({ actor: { kind: "plugin", id: "testing-caller" }, subject }, work);
    },
  };
}

const text = { kind: "text" } as const;
const number = { kind: "number" } as const;

const invalid = (...paths: readonly string[]) => ({
  code: "CRM_FIELD_INVALID",
  status: 422,
  details: { issues: paths.map((path) => expect.objectContaining({ path }) as unknown) },
});

function defining(test: Suite): void {
  test("lists fields in the order of forms, those of plugins included", async ({ attach, manager }) => {
    await attach({ name: "colour", type: text, group: "look", order: 2 });
    await attach({ name: "size", type: number, group: "look", order: 1 });
    await manager.setArchived(THING, "colour", true);
    const fields = await manager.fields(THING);
    expect(fields.map(({ name, version, plugin, archived }) => [name, version, plugin, archived])).toEqual([
      [SERIAL, 1, "testing-things", false],
      ["size", 1, null, false],
      ["colour", 2, null, true],
    ]);
    expect((await manager.readableFields(THING)).map(({ name }) => name)).toEqual([SERIAL, "size"]);
  });

  test("refuses what can't be: an entity without fields, a taken name, a definition that is wrong", async (world) => {
    const { attach, manager } = world;
    await expect(manager.attachField("nothing", definitionOf({ name: "a", type: text }))).rejects.toMatchObject({
      code: "CRM_FIELD_ENTITY",
      status: 422,
    });
    await attach({ name: "size", type: text });
    await manager.setArchived(THING, "size", true);
    const taken = { code: "CRM_FIELD_NAME_TAKEN", status: 409 };
    await expect(attach({ name: "size", type: text })).rejects.toMatchObject(taken);
    await expect(attach({ name: SERIAL, type: text })).rejects.toMatchObject(taken);
    const wrong = [
      attach({ name: "Not A Name", type: text }),
      attach({ name: "state", type: text, required: { inStates: ["broken"] } }),
      attach({ name: "limit", type: number, default: "many" }),
      attach({ name: "pattern", type: { kind: "text", pattern: "(a+)+" } }),
      attach({ name: "friend", type: { kind: "reference", entity: "nobody" } }),
    ];
    for (const attempt of wrong)
      await expect(attempt).rejects.toMatchObject({ code: "CRM_FIELD_DEFINITION", status: 422 });
  });

  test("changes a field that nobody changed since, in everything but its kind", async ({ attach, manager }) => {
    await attach({ name: "size", type: number });
    const changed = await manager.updateField(THING, 1, definitionOf({ name: "size", type: number, label: "Size" }));
    expect(changed).toMatchObject({ label: "Size", version: 2 });
    const late = manager.updateField(THING, 1, definitionOf({ name: "size", type: number }));
    await expect(late).rejects.toMatchObject({ code: "CRM_STORAGE_VERSION_CONFLICT", status: 409 });
    const other = manager.updateField(THING, 2, definitionOf({ name: "size", type: text }));
    await expect(other).rejects.toMatchObject({ code: "CRM_FIELD_DEFINITION" });
    const unknown = manager.updateField(THING, 1, definitionOf({ name: "colour", type: text }));
    await expect(unknown).rejects.toMatchObject({ code: "CRM_FIELD_NOT_FOUND", status: 404 });
  });

  test("leaves fields that a plugin declares to the plugin", async ({ manager }) => {
    const refused = { code: "CRM_FIELD_OF_PLUGIN", status: 409 };
    await expect(manager.setArchived(THING, SERIAL, true)).rejects.toMatchObject(refused);
    const update = manager.updateField(THING, 1, definitionOf({ name: SERIAL, type: text }));
    await expect(update).rejects.toMatchObject(refused);
  });

  test("says what happened to a field, in the audit and in events", async ({ attach, manager, kernel, units }) => {
    await attach({ name: "size", type: text });
    await manager.setArchived(THING, "size", true);
    await manager.setArchived(THING, "size", true);
    const target = { type: "custom-field", id: `${THING}.size` };
    expect(await units.run(() => kernel.get(Auditor).history(target))).toHaveLength(2);
    const events = await kernel.get(EventLog).read({ after: 0, topics: [CustomFieldChanged.topic], limit: 1_000 });
    const own = events.filter(({ aggregate }) => aggregate.id === target.id);
    expect(own.map(({ payload }) => payload["change"])).toEqual(["attached", "archived"]);
  });

  test("sees a unit's own changes in it, and nothing of one that is rolled back", async ({
    attach,
    manager,
    units,
  }) => {
    const undone = units.run(async () => {
      await attach({ name: "size", type: text });
      expect(await manager.fields(THING)).toHaveLength(2);
      throw new Error("no");
    });
    await expect(undone).rejects.toThrow("no");
    expect(await manager.fields(THING)).toHaveLength(1);
  });

  test("keeps tenants apart", async ({ attach, manager, kernel }) => {
    await attach({ name: "size", type: text });
    const elsewhere = () => manager.fields(THING);
    expect(await runInContext({ tenantId: kernel.get(Ids).next() }, elsewhere)).toHaveLength(1);
  });
}

function converting(test: Suite): void {
  test("only counts in a dry run, and changes nothing while values have no meaning in the new type", async (world) => {
    const { attach, create, load, manager } = world;
    await attach({ name: "size", type: text });
    const [good, bad] = [await create({ size: "42" }), await create({ size: "large" })];
    await create({});
    for (const dryRun of [true, false]) {
      const report = await manager.changeType(THING, "size", number, { dryRun, dropRejected: dryRun });
      expect(report).toMatchObject({ converted: 1, rejected: [{ id: bad, value: "large" }], field: { type: text } });
      expect((await load(good)).attributes).toEqual({ size: "42" });
    }
  });

  test("converts every value, and drops the others when it is told to", async (world) => {
    const { attach, create, load, manager } = world;
    await attach({ name: "size", type: text });
    const [good, bad] = [await create({ size: "42" }), await create({ size: "large" })];
    const report = await manager.changeType(THING, "size", number, { dryRun: false, dropRejected: true });
    expect(report).toMatchObject({ converted: 1, field: { type: number, version: 2 } });
    expect((await load(good)).attributes).toEqual({ size: 42 });
    expect((await load(bad)).attributes).toEqual({});
    expect((await world.change(good, { attributes: { size: 43 } })).attributes).toEqual({ size: 43 });
  });
}

function applying(test: Suite): void {
  test("lists everything that is wrong, unknown names included", async ({ attach, create }) => {
    await attach({ name: "size", type: { kind: "number", max: 10 } });
    await attach({ name: "day", type: { kind: "date" } });
    const wrong = create({ size: 11, day: "yesterday", colour: "red" });
    await expect(wrong).rejects.toMatchObject(invalid("size", "day", "colour"));
  });

  test("writes values as their types say", async ({ attach, create, load }) => {
    await attach({ name: "at", type: { kind: "date-time" } });
    await attach({ name: "email", type: { kind: "email" } });
    const id = await create({ at: "2026-01-31T14:00:00+02:00", email: "Anna@Example.com", [SERIAL]: "x1" });
    const attributes = { at: "2026-01-31T12:00:00.000Z", email: "anna@example.com", [SERIAL]: "x1" };
    expect((await load(id)).attributes).toEqual(attributes);
  });

  test("sets defaults when an entity begins, and never again", async ({ attach, create, load, change }) => {
    await attach({ name: "warm", type: { kind: "boolean" }, default: true });
    await attach({ name: "old", type: text, default: "yes", appliesTo: where("state").eq("used") });
    const id = await create({});
    expect((await load(id)).attributes).toEqual({ warm: true });
    expect((await change(id, { attributes: {} })).attributes).toEqual({});
  });

  test("asks for what a state requires on the way into it", async ({ attach, create, change }) => {
    await attach({ name: "size", type: number, required: { inStates: ["used"] } });
    const id = await create({});
    await expect(change(id, { state: "used" })).rejects.toMatchObject(invalid("size"));
    expect(await change(id, { state: "used", attributes: { size: 1 } })).toMatchObject({ state: "used" });
    await expect(change(id, { attributes: {} })).rejects.toMatchObject(invalid("size"));
  });

  test("keeps the values of archived fields, and takes none", async ({ attach, create, change, load, manager }) => {
    await attach({ name: "size", type: number });
    const id = await create({ size: 1 });
    await manager.setArchived(THING, "size", true);
    await expect(change(id, { attributes: { size: 2 } })).rejects.toMatchObject(invalid("size"));
    await change(id, { attributes: {} });
    expect((await load(id)).attributes).toEqual({ size: 1 });
    await manager.setArchived(THING, "size", false);
    expect((await change(id, { attributes: { size: 2 } })).attributes).toEqual({ size: 2 });
  });

  test("leaves alone what was stored under older rules", async ({ attach, create, change, manager }) => {
    await attach({ name: "size", type: number });
    await attach({ name: "colour", type: text });
    const id = await create({ size: 11 });
    const strict = definitionOf({ name: "size", type: { kind: "number", max: 10 } });
    await manager.updateField(THING, 1, strict);
    const attributes = { size: 11, colour: "red" };
    expect((await change(id, { attributes })).attributes).toEqual(attributes);
    await expect(change(id, { attributes: { size: 12 } })).rejects.toMatchObject(invalid("size"));
  });
}

function permitting(test: Suite): void {
  const guarded = { read: "testing.margin.read", write: "testing.margin.write" };

  test("shows a field to nobody who may not read it", async ({ attach, create, load, manager, permitted }) => {
    await attach({ name: "margin", type: number, permissions: guarded });
    const id = await create({ margin: 5 });
    const subject = subjectOf(id, 1, await load(id));
    await permitted(["testing.thing.read"], async () => {
      expect((await manager.getValues(THING, subject)).map(({ field }) => field.name)).toEqual([SERIAL]);
      expect((await manager.readableFields(THING)).map(({ name }) => name)).toEqual([SERIAL]);
      expect(Object.keys((await manager.jsonSchema(THING))["properties"] ?? {})).toEqual([SERIAL]);
      const unknown = { code: "CRM_FIELD_NOT_FOUND", status: 404 };
      await expect(manager.getValue(THING, subject, "margin")).rejects.toMatchObject(unknown);
      await expect(manager.getValue(THING, subject, "nothing")).rejects.toMatchObject(unknown);
    });
    await permitted([guarded.read], async () => {
      expect(await manager.getValue(THING, subject, "margin")).toBe(5);
      expect(await manager.getValues(THING, subject)).toMatchObject([{ value: 5 }, { value: null }]);
    });
  });

  test("lets nobody write a field who may not, and keeps its value", async ({ attach, create, change, permitted }) => {
    await attach({ name: "margin", type: number, permissions: guarded });
    await attach({ name: "size", type: number });
    const id = await create({ margin: 5 });
    await permitted([guarded.read], async () => {
      expect((await change(id, { attributes: { margin: 5, size: 1 } })).attributes).toEqual({ margin: 5, size: 1 });
      const refused = { code: "CRM_FIELD_FORBIDDEN", status: 403 };
      await expect(change(id, { attributes: { margin: 6 } })).rejects.toMatchObject(refused);
      await expect(change(id, { attributes: {} })).rejects.toMatchObject(refused);
    });
    await permitted([], async () => {
      expect((await change(id, { attributes: { size: 2 } })).attributes).toEqual({ margin: 5, size: 2 });
      await expect(create({ margin: 1 })).rejects.toMatchObject(invalid("margin"));
    });
    await permitted([guarded.read, guarded.write], async () => {
      expect((await change(id, { attributes: { margin: 6 } })).attributes).toEqual({ margin: 6 });
    });
  });

  test("describes what may be written as JSON Schema", async ({ attach, manager, permitted }) => {
    await attach({ name: "size", type: { kind: "number", max: 10 }, required: true });
    await attach({ name: "margin", type: number, permissions: { read: null, write: guarded.write } });
    const schema = await permitted([], () => manager.jsonSchema(THING));
    expect(schema).toMatchObject({
      type: "object",
      required: ["size"],
      additionalProperties: false,
      properties: {
        size: { anyOf: [{ type: "number", maximum: 10 }, { type: "null" }] },
        margin: { readOnly: true },
      },
    });
  });
}
