import { communication } from "@crmessenger/communication";
import { http } from "@crmessenger/http";
import { sales } from "@crmessenger/sales";
import { describePlugin } from "@crmessenger/testing";
import { httpChannel } from "../src/index.ts";
import { inMemory } from "./support/world.ts";

describePlugin({
  plugin: () => httpChannel(),
  others: () => [...inMemory(), sales(), communication(), http({ port: 0 })],
});
