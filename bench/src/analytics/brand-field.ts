import { definePlugin } from "@crmessenger/kernel";
import { type AttachedField, CustomFieldManager, fieldDefaults } from "@crmessenger/kernel/extensibility";

/** What this application's owner looks at every morning. */
export const SUMMARY = { fact: "lead", by: ["source", "lead.attributes.brand"], timeZone: "Europe/Berlin" };

const brand: AttachedField = {
  ...fieldDefaults,
  entity: "lead",
  name: "brand",
  label: "Brand",
  type: { kind: "text" },
  reportable: true,
  version: 1,
  plugin: null,
  archived: false,
};

/** One reportable field of leads, which is there from the start. */
export const brandField = definePlugin({
  id: "brand-field",
  version: "1.0.0",
  provides: { manager: CustomFieldManager },
  boot() {
    const refuse = () => Promise.reject(new Error("The bench changes no fields."));
    const fields = async (entity: string) => (entity === brand.entity ? [brand] : []);
    return {
      provide: {
        manager: {
          fields,
          readableFields: fields,
          apply: async ({ next }) => next.attributes,
          attachField: refuse,
          updateField: refuse,
          changeType: refuse,
          setArchived: refuse,
          getValues: refuse,
          getValue: refuse,
          jsonSchema: refuse,
        },
      },
    };
  },
});
