export { bonus } from "./plugin.ts";
export { GetGivenBonus, type GivenTotal } from "./given-bonus.ts";
