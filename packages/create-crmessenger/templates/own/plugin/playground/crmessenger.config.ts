import { defineApp } from "@crmessenger/cli";
import { http } from "@crmessenger/http";
import { memory } from "@crmessenger/memory";
import { sales } from "@crmessenger/sales";
import { templateName } from "../src/index.ts";

/** An application to try the plugin in. What it stores ends with it. */
export default defineApp({ plugins: [memory(), sales(), http({ port: 0 }), templateName({ prefix: true })] });
