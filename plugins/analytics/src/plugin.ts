import { definePlugin } from "@crmessenger/kernel";
import { version } from "./version.ts";

/** Reports, snapshots and funnels over what happened in CRMessenger. */
export const analytics = definePlugin({ id: "analytics", version });
