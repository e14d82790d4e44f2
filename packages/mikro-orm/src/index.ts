export { mikroOrm } from "./plugin.ts";
export { type SharedPool, type SharedPoolClient } from "./database/shared-pool.ts";
