export { type ConfigDeclaration, type ConfigProxy, createConfigProxy } from "./config-proxy.ts";
