import { communication } from "@crmessenger/communication";
import { iam } from "@crmessenger/iam";
import { HttpServer } from "@crmessenger/kernel/http";
import { memory } from "@crmessenger/memory";
import { sales } from "@crmessenger/sales";
import { describePlugin } from "@crmessenger/testing";
import { expect } from "vitest";
import { http } from "../src/index.ts";

describePlugin({
  plugin: () => http({ port: 0 }),
  others: () => [memory(), iam(), sales(), communication()],
  async exercise(kernel) {
    const response = await fetch(`${kernel.get(HttpServer).url}/api/v1/leads`, { headers: { connection: "close" } });
    expect(response.status).toBe(401);
    await response.arrayBuffer();
  },
});
