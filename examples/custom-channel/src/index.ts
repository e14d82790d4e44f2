export { pigeon } from "./plugin.ts";
