import { expect, test } from "vitest";
import { DeclaredFields, type FieldDeclarations } from "../extensibility/declared-fields.ts";
import { silentLogger } from "../infrastructure/logger.ts";
import { definePlugin } from "../plugin/define-plugin.ts";
import { createKernel } from "./create-kernel.ts";

const plugin = (id: string, fields: FieldDeclarations) => definePlugin({ id, version: "1.0.0", fields })();

test("the fields that plugins declare are there, complete", async () => {
  await using kernel = await createKernel({
    plugins: [
      plugin("cars", { lead: { carModel: { type: { kind: "text" }, label: "Car", indexed: true } } }),
      plugin("pets", {
        lead: { petName: { type: { kind: "text" } } },
        contact: { carModel: { type: { kind: "number" } } },
      }),
    ],
    logger: silentLogger,
  });
  const fields = kernel.get(DeclaredFields).all();
  expect(fields.map(({ entity, name, plugin: owner }) => `${entity}.${name} of ${owner}`)).toEqual([
    "lead.carModel of cars",
    "lead.petName of pets",
    "contact.carModel of pets",
  ]);
  expect(fields[0]).toMatchObject({ label: "Car", indexed: true, required: false, default: null });
  await kernel.disable("cars");
  expect(kernel.get(DeclaredFields).all()).toHaveLength(2);
});

test.each<[FieldDeclarations, string, RegExp]>([
  [{ lead: { carModel: { type: { kind: "number" } } } }, "CRM_FIELD_NAME_TAKEN", /"cars" and "other".*carModel.*lead/],
  [{ lead: { Wrong: { type: { kind: "text" } } } }, "CRM_FIELD_DEFINITION", /"other".*camelCase/],
  [{ lead: { size: { type: { kind: "choice", options: [] } } } }, "CRM_FIELD_DEFINITION", /"size".*type\.options/],
])("%j stops the boot", async (fields, code, message) => {
  const cars = plugin("cars", { lead: { carModel: { type: { kind: "text" } } } });
  await expect(createKernel({ plugins: [cars, plugin("other", fields)], logger: silentLogger })).rejects.toMatchObject({
    code,
    message: expect.stringMatching(message),
  });
});
