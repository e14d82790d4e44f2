import { memory } from "@crmessenger/memory";
import { describePlugin } from "@crmessenger/testing";
import { sales } from "../src/index.ts";

describePlugin({ plugin: () => sales(), others: () => [memory()] });
