import { where } from "@crmessenger/kernel/infrastructure";
import {
  AssignLead,
  CreateContact,
  GetContact,
  GetLead,
  type Lead,
  ListLeads,
  UpdateLead,
} from "@crmessenger/kernel/sales";
import { expect, test } from "vitest";
import { type FieldsWorld, startFields } from "./support/fields-world.ts";

const READ = "fields.margin.read";
const guarded = { read: READ, write: "fields.margin.write" };

async function startGuarded(): Promise<FieldsWorld & { readonly lead1: Lead }> {
  const world = await startFields();
  await world.attach("lead", { name: "margin", type: { kind: "number" }, permissions: guarded });
  await world.attach("lead", { name: "size", type: { kind: "number" } });
  return Object.assign(world, { lead1: await world.lead({ margin: 5, size: 1 }) });
}

test("what the caller may not read is in no answer, and stays where it is", async () => {
  await using world = await startGuarded();
  const { bus } = world.kernel;
  const { id } = world.lead1;
  await world.as(["sales.*"], async () => {
    const answers = [
      await bus.ask(GetLead, { id }),
      ...(await bus.ask(ListLeads, {})).items,
      await bus.dispatch(AssignLead, { id, ownerId: "mara" }),
      await bus.dispatch(UpdateLead, { id, attributes: { size: 2 } }),
    ];
    expect(answers.map(({ attributes }) => attributes)).toEqual([{ size: 1 }, { size: 1 }, { size: 1 }, { size: 2 }]);
  });
  await world.as(["sales.*", READ], async () => {
    expect((await bus.ask(GetLead, { id })).attributes).toEqual({ margin: 5, size: 2 });
  });
});

test("a kept answer is shown to each caller as far as the caller may see it", async () => {
  await using world = await startFields();
  const { bus } = world.kernel;
  await world.attach("contact", { name: "margin", type: { kind: "number" }, permissions: guarded });
  const draft = { name: "Anna", identities: [], ownerId: null, attributes: { margin: 5 } };
  const { contact } = await bus.dispatch(CreateContact, draft);
  await world.as(["sales.*"], async () => {
    expect((await bus.ask(GetContact, { id: contact.id })).contact.attributes).toEqual({});
  });
});

test("nobody filters or sorts by what they may not read, or by what is not there", async () => {
  await using world = await startGuarded();
  const { bus } = world.kernel;
  const refused = { code: "CRM_FIELD_NOT_FOUND", status: 422 };
  await world.as(["sales.*"], async () => {
    for (const name of ["margin", "colour"] as const) {
      const field = `attributes.${name}` as const;
      await expect(bus.ask(ListLeads, { criteria: where<Lead>(field).gt(1) })).rejects.toMatchObject(refused);
      const sort = [{ field, direction: "asc" }] as const;
      await expect(bus.ask(ListLeads, { sort })).rejects.toMatchObject(refused);
    }
    const found = await bus.ask(ListLeads, { criteria: where<Lead>("attributes.size").eq(1) });
    expect(found.items).toHaveLength(1);
  });
  await world.as(["sales.*", READ], async () => {
    expect((await bus.ask(ListLeads, { criteria: where<Lead>("attributes.margin").gt(1) })).items).toHaveLength(1);
  });
});

test("nobody writes what they may not write, whatever they may read", async () => {
  await using world = await startGuarded();
  const { bus } = world.kernel;
  const { id } = world.lead1;
  const update = () => bus.dispatch(UpdateLead, { id, attributes: { margin: 6 } });
  const refused = { code: "CRM_FIELD_FORBIDDEN", status: 403, details: { fields: ["margin"] } };
  await world.as(["sales.*", READ], () => expect(update()).rejects.toMatchObject(refused));
  await world.as(["sales.*"], () => expect(update()).rejects.toMatchObject({ code: "CRM_FIELD_INVALID" }));
  await world.as(["sales.*", "fields.margin.*"], async () => {
    expect((await update()).attributes).toEqual({ margin: 6, size: 1 });
  });
});

test("lists are sorted by custom fields, with those that have none at the end", async () => {
  await using world = await startFields();
  await world.attach("lead", { name: "size", type: { kind: "number" } });
  for (const attributes of [{ size: 10 }, {}, { size: 9 }]) await world.lead(attributes);
  for (const [direction, sizes] of [
    ["asc", [9, 10, undefined]],
    ["desc", [10, 9, undefined]],
  ] as const) {
    const sort = [{ field: "attributes.size", direction }];
    const { items } = await world.kernel.bus.ask(ListLeads, { sort });
    expect(items.map(({ attributes }) => attributes["size"])).toEqual(sizes);
  }
});
