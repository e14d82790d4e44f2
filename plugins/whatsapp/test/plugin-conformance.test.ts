import { communication } from "@crmessenger/communication";
import { memory } from "@crmessenger/memory";
import { sales } from "@crmessenger/sales";
import { describePlugin } from "@crmessenger/testing";
import { whatsapp } from "../src/index.ts";

describePlugin({ plugin: () => whatsapp(), others: () => [memory(), sales(), communication()] });
