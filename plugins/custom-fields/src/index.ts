export { customFields } from "./plugin.ts";
