export { mikroOrm } from "./plugin.ts";
