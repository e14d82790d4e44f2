export { CountTemplateName } from "./operations.ts";
export { templateName } from "./plugin.ts";
