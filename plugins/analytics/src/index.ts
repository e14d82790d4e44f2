export { analytics } from "./plugin.ts";
