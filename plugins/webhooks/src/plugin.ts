import { definePlugin } from "@crmessenger/kernel";
import { version } from "./version.ts";

/** Signed webhooks of what happens in CRMessenger, delivered at least once. */
export const webhooks = definePlugin({ id: "webhooks", version });
