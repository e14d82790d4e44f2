import { memory } from "@crmessenger/memory";
import { sales } from "@crmessenger/sales";
import { describePlugin } from "@crmessenger/testing";
import { AttachField, customFields } from "../src/index.ts";

describePlugin({
  plugin: () => customFields(),
  others: () => [memory(), sales()],
  async exercise(kernel) {
    const definition = { name: "size", label: "Size", type: { kind: "text" } };
    await kernel.run(() => kernel.bus.execute(AttachField, { entity: "lead", definition }));
  },
});
