import { definePlugin } from "@crmessenger/kernel";
import { CustomFieldManager, FieldFormulas } from "@crmessenger/kernel/extensibility";
import { UnitOfWork, where } from "@crmessenger/kernel/infrastructure";
import {
  AssignLead,
  ChangeLeadStatus,
  CreateLead,
  GetLead,
  type Lead,
  LeadRepository,
  UpdateContact,
  UpdateLead,
} from "@crmessenger/kernel/sales";
import { expect, test } from "vitest";
import { startFields } from "./support/fields-world.ts";

const invalid = (...paths: readonly string[]) => ({
  code: "CRM_FIELD_INVALID",
  status: 422,
  details: { issues: paths.map((path) => expect.objectContaining({ path }) as unknown) },
});

test("values are checked and written as their types say", async () => {
  await using world = await startFields();
  await world.attach("lead", { name: "phone", type: { kind: "phone" } });
  await world.attach("lead", { name: "email", type: { kind: "email" } });
  await world.attach("lead", { name: "visit", type: { kind: "date-time" } });
  const lead = await world.lead({
    phone: "+371 2000-0000",
    email: " Anna@Example.com ",
    visit: "2026-01-31T14:00:00+02:00",
  });
  expect(lead.attributes).toEqual({
    phone: "+37120000000",
    email: "anna@example.com",
    visit: "2026-01-31T12:00:00.000Z",
  });
});

test("everything that is wrong is said at once, and nothing is stored", async () => {
  await using world = await startFields();
  await world.attach("lead", { name: "size", type: { kind: "number", max: 10 } });
  await world.attach("lead", { name: "day", type: { kind: "date" } });
  const wrong = world.lead({ size: 11, day: "31.01.2026", colour: "red" });
  await expect(wrong).rejects.toMatchObject(invalid("size", "day", "colour"));
  expect(await world.kernel.run(() => world.kernel.get(LeadRepository).count(where<Lead>("title").ne("")))).toBe(0);
});

test("a change is checked for what it changes: what was stored under older rules stays", async () => {
  await using world = await startFields();
  await world.attach("contact", { name: "size", type: { kind: "number" } });
  const contact = await world.contact({ size: 5 });
  const { kernel } = world;
  const manager = kernel.get(CustomFieldManager);
  const [field] = await kernel.run(() => manager.fields("contact"));
  if (!field) throw new Error("There is no field.");
  const { entity, version, plugin: _plugin, archived: _archived, ...definition } = field;
  await kernel.run(() => manager.updateField(entity, version, { ...definition, type: { kind: "number", max: 3 } }));
  const renamed = await kernel.bus.dispatch(UpdateContact, { id: contact.id, name: "Mara" });
  expect(renamed).toMatchObject({ name: "Mara", attributes: { size: 5 } });
  const again = kernel.bus.dispatch(UpdateContact, { id: contact.id, attributes: { size: 4 } });
  await expect(again).rejects.toMatchObject(invalid("size"));
});

test("null removes a value, and an archived field keeps its own", async () => {
  await using world = await startFields();
  const { kernel } = world;
  await world.attach("lead", { name: "size", type: { kind: "text" } });
  await world.attach("lead", { name: "old", type: { kind: "text" } });
  const lead = await world.lead({ size: "L", old: "yes" });
  await kernel.run(() => kernel.get(CustomFieldManager).setArchived("lead", "old", true));
  const changed = await kernel.bus.dispatch(UpdateLead, { id: lead.id, attributes: { size: null, old: null } });
  expect(changed.attributes).toEqual({});
  expect(await kernel.run(() => kernel.get(LeadRepository).get(lead.id))).toMatchObject({ attributes: { old: "yes" } });
  const set = kernel.bus.dispatch(UpdateLead, { id: lead.id, attributes: { old: "no" } });
  await expect(set).rejects.toMatchObject(invalid("old"));
  await kernel.run(() => kernel.get(CustomFieldManager).setArchived("lead", "old", false));
  const restored = await kernel.bus.dispatch(UpdateLead, { id: lead.id, attributes: { old: "no" } });
  expect(restored.attributes).toEqual({ old: "no" });
});

test("defaults are set where an entity begins without a value and the field applies", async () => {
  await using world = await startFields();
  const flag = { type: { kind: "boolean" as const }, default: true };
  await world.attach("lead", { name: "warm", ...flag });
  await world.attach("lead", { name: "web", ...flag, appliesTo: where("source.channel").eq("web") });
  expect((await world.lead()).attributes).toEqual({ warm: true });
  expect((await world.lead({ warm: false })).attributes).toEqual({ warm: false });
});

test("what a state requires is asked for on the way into it, and not for anything else", async () => {
  await using world = await startFields();
  const { bus } = world.kernel;
  await world.attach("lead", { name: "budget", type: { kind: "number" }, required: { inStates: ["in-progress"] } });
  const { id } = await world.lead();
  await bus.dispatch(UpdateLead, { id, title: "Tea" });
  await expect(bus.dispatch(ChangeLeadStatus, { id, status: "in-progress" })).rejects.toMatchObject(invalid("budget"));
  await bus.dispatch(UpdateLead, { id, attributes: { budget: 100 } });
  await bus.dispatch(ChangeLeadStatus, { id, status: "in-progress" });
  await expect(bus.dispatch(UpdateLead, { id, attributes: { budget: null } })).rejects.toMatchObject(invalid("budget"));
});

test("what is always required is asked of people, and never stands in the way of a first message", async () => {
  await using world = await startFields();
  const { bus } = world.kernel;
  await world.attach("lead", { name: "budget", type: { kind: "number" }, required: true });
  const lead = await world.lead();
  await world.as(["sales.*"], async () => {
    const { title, contactId, source } = lead;
    const draft = { title, contactId, source, ownerId: null, teamId: null, attributes: {} };
    await expect(bus.dispatch(CreateLead, draft)).rejects.toMatchObject(invalid("budget"));
    const assigned = await bus.dispatch(AssignLead, { id: lead.id, ownerId: "mara" });
    expect(assigned.ownerId).toBe("mara");
    await bus.dispatch(CreateLead, { ...draft, attributes: { budget: 5 } });
  });
});

test("references lead to entities that are there", async () => {
  await using world = await startFields();
  await world.attach("lead", { name: "friend", type: { kind: "reference", entity: "contact" } });
  const friend = await world.contact();
  expect((await world.lead({ friend: friend.id })).attributes).toEqual({ friend: friend.id });
  await expect(world.lead({ friend: "nobody" })).rejects.toMatchObject(invalid("friend"));
});

test("computed values follow the rest, whatever comes in", async () => {
  const areas = definePlugin({
    id: "areas",
    version: "1.0.0",
    deps: { formulas: FieldFormulas },
    boot({ formulas }) {
      formulas.register({
        name: "areas.product",
        compute: async ({ attributes }) => {
          const { width, height } = attributes;
          return typeof width === "number" && typeof height === "number" ? width * height : null;
        },
      });
      return {};
    },
  });
  await using world = await startFields({ plugins: [areas()] });
  for (const name of ["width", "height"]) await world.attach("lead", { name, type: { kind: "number" } });
  const computed = { kind: "computed", formula: "areas.product", result: "number" } as const;
  await world.attach("lead", { name: "area", type: computed });
  const lead = await world.lead({ width: 2, height: 3, area: 7 });
  expect(lead.attributes).toEqual({ width: 2, height: 3, area: 6 });
  const wider = await world.kernel.bus.dispatch(UpdateLead, { id: lead.id, attributes: { width: 4 } });
  expect(wider.attributes["area"]).toBe(12);
  const without = await world.kernel.bus.dispatch(UpdateLead, { id: lead.id, attributes: { width: null } });
  expect(without.attributes).toEqual({ height: 3 });
});

test("options that were archived stay where they are and can't be chosen any more", async () => {
  await using world = await startFields();
  const { kernel } = world;
  const options = ["s", "m", "l"].map((value) => ({ value, label: value.toUpperCase() }));
  const {
    entity,
    version,
    plugin: _plugin,
    archived: _archived,
    ...definition
  } = await world.attach("lead", {
    name: "sizes",
    type: { kind: "choices", options },
  });
  const lead = await world.lead({ sizes: ["s", "m"] });
  const less = options.map((option) => (option.value === "s" ? { ...option, archived: true } : option));
  const type = { kind: "choices", options: less } as const;
  await kernel.run(() => kernel.get(CustomFieldManager).updateField(entity, version, { ...definition, type }));
  const more = await kernel.bus.dispatch(UpdateLead, { id: lead.id, attributes: { sizes: ["s", "l"] } });
  expect(more.attributes).toEqual({ sizes: ["s", "l"] });
  await expect(world.lead({ sizes: ["s"] })).rejects.toMatchObject(invalid("sizes"));
});

test("a unit of work that is rolled back leaves no field behind", async () => {
  await using world = await startFields();
  const { kernel } = world;
  const undone = kernel.run(() =>
    kernel.get(UnitOfWork).run(async () => {
      await world.attach("lead", { name: "size", type: { kind: "text" } });
      expect((await world.lead({ size: "L" })).attributes).toEqual({ size: "L" });
      throw new Error("no");
    }),
  );
  await expect(undone).rejects.toThrow("no");
  await expect(world.lead({ size: "L" })).rejects.toMatchObject(invalid("size"));
});

test("whoever reads one value gets it, or null", async () => {
  await using world = await startFields();
  const { kernel } = world;
  await world.attach("lead", { name: "size", type: { kind: "text" } });
  const { id } = await world.lead({ size: "L" });
  const lead = await kernel.bus.ask(GetLead, { id });
  const manager = kernel.get(CustomFieldManager);
  const subject = { ...lead, source: { channel: "telegram" } };
  expect(await kernel.run(() => manager.getValue("lead", subject, "size"))).toBe("L");
  await expect(kernel.run(() => manager.getValue("lead", subject, "colour"))).rejects.toMatchObject({
    code: "CRM_FIELD_NOT_FOUND",
  });
});
