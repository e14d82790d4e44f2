import { memory } from "@crmessenger/memory";
import { describeCustomFieldManager } from "@crmessenger/testing";
import { customFields } from "../src/index.ts";

describeCustomFieldManager({ name: "custom-fields", plugins: () => [memory(), customFields()] });
