export { leads } from "./leads.ts";
export { leadSteps } from "./plugin.ts";
