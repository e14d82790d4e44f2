import { defineApp } from "@crmessenger/cli";
import { communication } from "@crmessenger/communication";
import { http } from "@crmessenger/http";
import { memory } from "@crmessenger/memory";
import { httpClient } from "@crmessenger/node";
import { sales } from "@crmessenger/sales";
import { templateName } from "../src/index.ts";

/** An application to try the channel in. What it stores ends with it. */
export default defineApp({
  plugins: [
    memory(),
    httpClient({ allowedHosts: ["127.0.0.1"] }),
    sales(),
    communication(),
    http({ port: 0 }),
    templateName(),
  ],
});
