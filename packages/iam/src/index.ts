export { iam } from "./plugin.ts";
export { builtInRoles } from "./role/built-in-roles.ts";
export { type SeededOwner, seedOwner } from "./user/seed-owner.ts";
