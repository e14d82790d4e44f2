import { defineApp } from "@crmessenger/cli";
import { http } from "@crmessenger/http";
import { mikroOrm } from "@crmessenger/mikro-orm";
import { node } from "@crmessenger/node";
import { crm } from "./src/crm.ts";

/** What `crmessenger start` and `crmessenger dev` run. The order of the plugins does not matter. */
export default defineApp(() => ({
  plugins: [
    // #if embedded
    mikroOrm({ dataDirectory: "data/database" }),
    // #end
    // #if postgres
    mikroOrm(), // at DATABASE_URL
    // #end
    node({ filesDirectory: "data/files" }),
    http({ port: Number(process.env["PORT"] ?? 3000) }),
    ...crm(process.env),
  ],
}));
