export { leads } from "./leads.ts";
export { templateName } from "./plugin.ts";
