import { defineApp } from "@crmessenger/cli";
import { http } from "@crmessenger/http";
import { mikroOrm } from "@crmessenger/mikro-orm";
import { node } from "@crmessenger/node";
import { crm } from "./src/crm.ts";

/** What `crmessenger start` and `crmessenger dev` run. The order of the plugins does not matter. */
export default defineApp(() => ({
  plugins: [
    mikroOrm(process.env["DATABASE_URL"] ? {} : { dataDirectory: "data/database" }), // a server, where .env names one
    node({ filesDirectory: "data/files" }),
    http({ port: Number(process.env["PORT"] ?? 3000) }),
    ...crm(process.env),
  ],
}));
