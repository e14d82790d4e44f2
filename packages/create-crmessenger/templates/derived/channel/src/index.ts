export { templateName } from "./plugin.ts";
