import { describe, expect, it } from "vitest";
import { type AmoEntity, fromAmoEntity, ourIdOf, readFields, toAmoValues } from "./record-fields.ts";

const OURS = 7;

describe("the fields of a record", () => {
  it("are written in amoCRM's words: own values, and custom fields by code or id", () => {
    const fields = readFields("lead", {
      name: "Кухня",
      price: 100,
      statusId: 142,
      fields: { PHONE: ["+1", "+2"], "55": true, NOTE: null },
    });
    if (typeof fields === "string") throw new Error(fields);
    expect(toAmoValues(fields)).toEqual({
      body: { name: "Кухня", price: 100, status_id: 142 },
      customFields: [
        { field_id: 55, values: [{ value: true }] },
        {
          field_code: "PHONE",
          values: [
            { value: "+1", enum_code: "WORK" },
            { value: "+2", enum_code: "WORK" },
          ],
        },
        { field_code: "NOTE", values: null },
      ],
    });
  });

  it("are refused with a reason when amoCRM has none of that name, or of another type", () => {
    expect(readFields("contact", { price: 100 })).toMatch(/contact.*price/su);
    expect(readFields("lead", { statusId: "won" })).toMatch(/lead.*statusId/su);
  });

  it("are read under the same names, without the field that carries our id", () => {
    const entity: AmoEntity = {
      name: "Анна",
      updated_at: 1,
      responsible_user_id: 3,
      is_deleted: false,
      custom_fields_values: [
        { field_id: OURS, field_code: "CRMESSENGER_ID", values: [{ value: "our-id" }] },
        { field_id: 8, field_code: "PHONE", values: [{ value: "+1" }, { value: "+2" }] },
        { field_id: 9, field_code: null, values: [{ value: 5 }] },
      ],
    };
    expect(ourIdOf(entity, OURS)).toBe("our-id");
    expect(fromAmoEntity(entity, OURS)).toEqual({
      name: "Анна",
      responsibleUserId: 3,
      fields: { PHONE: ["+1", "+2"], "9": 5 },
    });
    expect(ourIdOf({ custom_fields_values: null }, OURS)).toBeNull();
  });
});
