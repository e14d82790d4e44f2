import "@crmessenger/testing/matchers";
import { type CustomFieldsOf, createKernel, definePlugin } from "@crmessenger/kernel";
import { ChannelAccountRepository, Intake } from "@crmessenger/kernel/communication";
import { CustomFieldChanged, CustomFieldManager } from "@crmessenger/kernel/extensibility";
import { AttributeIndexes, Collections, type Criteria, Ids, where } from "@crmessenger/kernel/infrastructure";
import { GetLead, ListLeads } from "@crmessenger/kernel/sales";
import { memory } from "@crmessenger/memory";
import { sales } from "@crmessenger/sales";
import { eventually } from "@crmessenger/testing";
import { expect, expectTypeOf, test } from "vitest";
import { fieldCollection } from "../src/definitions/field-collection.ts";
import {
  ArchiveField,
  ChangeFieldType,
  GetFieldSchema,
  GetForm,
  ListFieldEntities,
  ListFieldIndexes,
  ListFields,
  RestoreField,
  UpdateField,
  customFields,
} from "../src/index.ts";
import { type FieldsWorld, startFields } from "./support/fields-world.ts";

const indexed = async ({ kernel }: FieldsWorld) => (await kernel.bus.ask(ListFieldIndexes, { entity: "lead" })).items;

test("an owner keeps fields over the API, and nobody else does", async () => {
  await using world = await startFields();
  const { bus } = world.kernel;
  await world.as(["sales.*"], async () => {
    await expect(world.attach("lead", { name: "size", type: { kind: "text" } })).rejects.toMatchObject({
      code: "CRM_IAM_FORBIDDEN",
    });
  });
  await world.as(["custom-fields.*"], async () => {
    const attached = await world.attach("lead", { name: "size", type: { kind: "text" } });
    const { entity, version, plugin: _plugin, archived: _archived, ...definition } = attached;
    await bus.dispatch(UpdateField, { entity, version, definition: { ...definition, label: "Size of the kitchen" } });
    expect((await bus.dispatch(ArchiveField, { entity, name: "size" })).archived).toBe(true);
    expect((await bus.dispatch(RestoreField, { entity, name: "size" })).archived).toBe(false);
    expect((await bus.ask(ListFields, { entity })).items).toMatchObject([{ label: "Size of the kitchen", version: 4 }]);
  });
  await expect(world.kernel).toHaveEmitted(CustomFieldChanged, { change: "restored" });
  await expect(world.kernel).toHaveAudited("custom-fields.definition.updated", {
    type: "custom-field",
    id: "lead.size",
  });
});

test("says which entities can have fields, contacts, leads and deals among them", async () => {
  await using world = await startFields();
  const { items } = await world.kernel.bus.ask(ListFieldEntities, {});
  expect(items).toMatchObject([
    { name: "contact", state: null },
    { name: "deal", state: { field: "stageId", values: null } },
    { name: "lead", state: { field: "status" } },
  ]);
});

test("describes a form by groups, with what the caller may see and change", async () => {
  await using world = await startFields();
  const { bus } = world.kernel;
  const secret = { read: "fields.secret.read", write: null };
  const settled = { read: null, write: "fields.settled.write" };
  await world.attach("lead", { name: "secret", type: { kind: "text" }, permissions: secret });
  await world.attach("lead", { name: "settled", type: { kind: "text" }, permissions: settled, group: "Money" });
  await world.attach("lead", { name: "size", type: { kind: "text" }, group: "Kitchen", order: 2 });
  await world.attach("lead", { name: "colour", type: { kind: "text" }, group: "Kitchen", order: 1 });
  const form = await world.as([], () => bus.ask(GetForm, { entity: "lead" }));
  expect(form).toMatchObject({ entity: "lead", label: "Lead", stateField: "status" });
  expect(
    form.groups.map(({ name, fields }) => [name, fields.map(({ field, readOnly }) => [field.name, readOnly])]),
  ).toEqual([
    [
      "Kitchen",
      [
        ["colour", false],
        ["size", false],
      ],
    ],
    ["Money", [["settled", true]]],
  ]);
  const schema = await world.as([], () => bus.ask(GetFieldSchema, { entity: "lead" }));
  expect(Object.keys(schema["properties"] ?? {}).toSorted()).toEqual(["colour", "settled", "size"]);
});

test("a change of type is tried first, and converts what is stored", async () => {
  await using world = await startFields();
  const { bus } = world.kernel;
  await world.attach("lead", { name: "size", type: { kind: "text" }, indexed: true });
  const [good, bad] = [await world.lead({ size: "42" }), await world.lead({ size: "large" })];
  const change = { entity: "lead", name: "size", type: { kind: "number" as const } };
  const tried = await bus.dispatch(ChangeFieldType, { ...change, dryRun: true, dropRejected: false });
  expect(tried).toMatchObject({ converted: 1, rejected: [{ id: bad.id, value: "large" }] });
  await bus.dispatch(ChangeFieldType, { ...change, dryRun: false, dropRejected: true });
  expect((await bus.ask(GetLead, { id: good.id })).attributes).toEqual({ size: 42 });
  expect((await bus.ask(GetLead, { id: bad.id })).attributes).toEqual({});
  await expect(world.kernel).toHaveEmitted("lead.updated", {
    lead: expect.objectContaining({ id: good.id }) as unknown,
  });
  await eventually(async () => expect(await indexed(world)).toMatchObject([{ kind: "number", status: "ready" }]));
});

test("fields that are indexed or unique get their indexes by themselves, and lose them again", async () => {
  await using world = await startFields();
  await world.attach("lead", { name: "code", type: { kind: "text" }, unique: true });
  await eventually(async () => expect(await indexed(world)).toMatchObject([{ field: "code", unique: true }]));
  await world.lead({ code: "a" });
  await expect(world.lead({ code: "a" })).rejects.toMatchObject({ code: "CRM_STORAGE_DUPLICATE" });
  await world.kernel.bus.dispatch(ArchiveField, { entity: "lead", name: "code" });
  await eventually(async () => expect(await indexed(world)).toEqual([]));
});

test("amounts of money are filtered and sorted as numbers, and several choices by each of them", async () => {
  await using world = await startFields();
  const { bus } = world.kernel;
  const options = ["red", "blue"].map((value) => ({ value, label: value }));
  await world.attach("lead", { name: "budget", type: { kind: "money" }, indexed: true });
  await world.attach("lead", { name: "colours", type: { kind: "choices", options }, indexed: true });
  await eventually(async () =>
    expect(await indexed(world)).toMatchObject([
      { field: "budget.amount", kind: "number", status: "ready" },
      { field: "colours", kind: "list", status: "ready" },
    ]),
  );
  const of = (amount: string, ...colours: string[]) =>
    world.lead({ budget: { amount, currency: "EUR" }, ...(colours.length > 0 ? { colours } : {}) });
  const [small, large, medium] = [await of("99.90", "red"), await of("1000", "blue", "red"), await of("500")];
  const amount = "attributes.budget.amount" as const;
  const ids = async (criteria: Criteria) => {
    const sort = [{ field: amount, direction: "desc" as const }];
    return (await bus.ask(ListLeads, { criteria, sort })).items.map(({ id }) => id);
  };
  expect(await ids(where(amount).gte(99.9))).toEqual([large.id, medium.id, small.id]);
  expect(await ids(where(amount).gt(100))).toEqual([large.id, medium.id]);
  expect(await ids(where("attributes.colours").includes("red"))).toEqual([large.id, small.id]);
  await expect(world.attach("lead", { name: "price", type: { kind: "money" }, unique: true })).rejects.toMatchObject({
    code: "CRM_FIELD_DEFINITION",
  });
  await bus.dispatch(ArchiveField, { entity: "lead", name: "budget" });
  await eventually(async () => expect(await indexed(world)).toMatchObject([{ field: "colours" }]));
});

test("a change that another process made shows after a second at the latest", async () => {
  await using world = await startFields();
  const { kernel, clock } = world;
  const field = await world.attach("lead", { name: "size", type: { kind: "text" } });
  await world.lead({ size: "L" });
  const { entity, version: _version, plugin: _plugin, archived: _archived, ...definition } = field;
  const fields = kernel.get(Collections).open(fieldCollection);
  await kernel.run(() => fields.put("lead.size", { entity, definition, archived: true }));
  await world.lead({ size: "L" });
  await clock.advance(1_000);
  await expect(world.lead({ size: "L" })).rejects.toMatchObject({ code: "CRM_FIELD_INVALID" });
});

test("a first message makes a contact and a lead with defaults, and waits for nothing that is required", async () => {
  await using world = await startFields();
  const { kernel } = world;
  await world.attach("lead", { name: "heat", type: { kind: "text" }, default: "cold" });
  await world.attach("contact", { name: "vip", type: { kind: "boolean" }, default: false });
  await world.attach("lead", { name: "budget", type: { kind: "number" }, required: true });
  const id = () => kernel.get(Ids).next();
  const receipt = await kernel.run(async () => {
    const account = await kernel.get(ChannelAccountRepository).insert({
      id: id(),
      type: "telegram",
      name: "Shop",
      enabled: true,
      settings: {},
      externalId: null,
      state: { status: "stopped", reason: "" },
    });
    return kernel.get(Intake).accept({
      channelAccountId: account.id,
      channelType: "telegram",
      externalId: "m-1",
      conversationExternalId: "chat-1",
      sender: { name: "Anna", identities: [{ kind: "telegram", value: "anna", verified: true }] },
      parts: [{ type: "text", text: "Hello" }],
      sentAt: "2026-01-02T03:04:05.006Z",
    });
  });
  expect((await kernel.bus.ask(GetLead, { id: receipt.leadId })).attributes).toEqual({ heat: "cold" });
});

const cars = definePlugin({
  id: "cars",
  version: "1.0.0",
  fields: {
    lead: {
      carModel: { type: { kind: "text" }, indexed: true },
      doors: { type: { kind: "number", integer: true } },
      body: {
        type: {
          kind: "choice",
          options: [
            { value: "suv", label: "SUV" },
            { value: "sedan", label: "Sedan" },
          ],
        },
      },
    },
  },
});

test("fields in code are there from the start, with their indexes, and nobody changes them over the API", async () => {
  await using world = await startFields({ plugins: [cars()] });
  expect((await world.lead({ carModel: "Niva", doors: 3 })).attributes).toEqual({ carModel: "Niva", doors: 3 });
  await expect(world.lead({ doors: 3.5 })).rejects.toMatchObject({ code: "CRM_FIELD_INVALID" });
  await expect(world.kernel.bus.dispatch(ArchiveField, { entity: "lead", name: "doors" })).rejects.toMatchObject({
    code: "CRM_FIELD_OF_PLUGIN",
  });
  await eventually(async () => expect(await indexed(world)).toMatchObject([{ field: "carModel", status: "ready" }]));
});

test("access reads like a property, with the types of the definitions in code", async () => {
  await using kernel = await createKernel({ plugins: [memory(), sales(), customFields(), cars()], environment: {} });
  type LeadFields = CustomFieldsOf<typeof kernel, "lead">;
  expectTypeOf<LeadFields["doors"]>().toEqualTypeOf<number | null | undefined>();
  expectTypeOf<LeadFields["body"]>().toEqualTypeOf<"suv" | "sedan" | null | undefined>();
  expect(kernel.get(CustomFieldManager)).toBeDefined();
  expect(await kernel.run(() => kernel.get(AttributeIndexes).states("lead"))).toBeDefined();
});
