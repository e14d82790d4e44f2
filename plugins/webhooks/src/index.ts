export { webhooks } from "./plugin.ts";
