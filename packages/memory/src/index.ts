export { memory } from "./plugin.ts";
