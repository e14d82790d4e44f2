import type { Plugin } from "@crmessenger/kernel";
import type { CustomFieldManager } from "@crmessenger/kernel/extensibility";
import { memory } from "@crmessenger/memory";
import { describeCustomFieldManager, failuresOf, runSuite } from "@crmessenger/testing";
import { expect, test } from "vitest";
import { customFields } from "../src/index.ts";

interface Breakage {
  readonly fault: string;
  readonly noticedBy: string;
  readonly change: (sound: CustomFieldManager) => Partial<CustomFieldManager>;
}

const breakages: readonly Breakage[] = [
  {
    fault: "stores whatever it is given",
    noticedBy: "lists everything that is wrong, unknown names included",
    change: () => ({ apply: async ({ next }) => next.attributes }),
  },
  {
    fault: "takes every change for a creation",
    noticedBy: "sets defaults when an entity begins, and never again",
    change: (sound) => ({ apply: (change) => sound.apply({ ...change, previous: null }) }),
  },
  {
    fault: "forgets the values of archived fields",
    noticedBy: "keeps the values of archived fields, and takes none",
    change: (sound) => ({
      async apply(change) {
        const archived = (await sound.fields(change.entity)).filter((field) => field.archived);
        const values = Object.entries(await sound.apply(change));
        return Object.fromEntries(values.filter(([name]) => !archived.some((field) => field.name === name)));
      },
    }),
  },
  {
    fault: "shows guarded fields to everybody",
    noticedBy: "shows a field to nobody who may not read it",
    change: (sound) => ({
      getValues: async (entity, holder) =>
        (await sound.fields(entity)).map((field) => ({ field, value: holder.attributes[field.name] ?? null })),
    }),
  },
  {
    fault: "converts in a dry run",
    noticedBy: "only counts in a dry run, and changes nothing while values have no meaning in the new type",
    change: (sound) => ({
      changeType: (entity, name, type, options) => sound.changeType(entity, name, type, { ...options, dryRun: false }),
    }),
  },
  {
    fault: "ignores the version of a field",
    noticedBy: "changes a field that nobody changed since, in everything but its kind",
    change: (sound) => ({
      async updateField(entity, version, definition) {
        const known = (await sound.fields(entity)).find(({ name }) => name === definition.name);
        return sound.updateField(entity, known?.version ?? version, definition);
      },
    }),
  },
  {
    fault: "lets an archived name be taken again",
    noticedBy: "refuses what can't be: an entity without fields, a taken name, a definition that is wrong",
    change: (sound) => ({
      async attachField(entity, definition) {
        const known = (await sound.fields(entity).catch(() => [])).find(({ name }) => name === definition.name);
        return known?.archived ? sound.setArchived(entity, known.name, false) : sound.attachField(entity, definition);
      },
    }),
  },
];

/** The plugin with a part of its manager replaced by a wrong one. */
function broken(change: Breakage["change"]): Plugin {
  const plugin = customFields();
  const boot: Plugin["definition"]["boot"] = (services, context) => {
    const wiring = plugin.definition.boot?.(services, context) ?? {};
    const provide = wiring.provide as unknown as { readonly manager: CustomFieldManager };
    const manager = { ...provide.manager, ...change(provide.manager) };
    return { ...wiring, provide: { ...provide, manager } as never };
  };
  return { ...plugin, definition: { ...plugin.definition, boot } };
}

test.each(breakages)("a manager that $fault is noticed: $noticedBy", async ({ fault, noticedBy, change }) => {
  const reports = await runSuite(
    () => describeCustomFieldManager({ name: fault, plugins: () => [memory(), broken(change)] }),
    { only: (name) => name === noticedBy },
  );
  expect(failuresOf(reports)).toEqual([noticedBy]);
});
