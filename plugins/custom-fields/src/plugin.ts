import { definePlugin } from "@crmessenger/kernel";
import { version } from "./version.ts";

/** Fields that owners add to leads, contacts and other entities, without a deploy. */
export const customFields = definePlugin({ id: "custom-fields", version });
