import { defineApp } from "@crmessenger/cli";
import { analytics } from "@crmessenger/analytics";
import { http } from "@crmessenger/http";
import { mikroOrm } from "@crmessenger/mikro-orm";
import { sales } from "@crmessenger/sales";
import { templateName } from "../src/index.ts";

/** An application to try the figures in. What it stores ends with it. */
export default defineApp({ plugins: [mikroOrm(), sales(), analytics(), http({ port: 0 }), templateName()] });
