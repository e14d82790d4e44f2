import { memory } from "@crmessenger/memory";
import { sales } from "@crmessenger/sales";
import { describePlugin } from "@crmessenger/testing";
import { communication } from "../src/index.ts";

describePlugin({ plugin: () => communication(), others: () => [memory(), sales()] });
