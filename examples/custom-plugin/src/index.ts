export { bonus } from "./plugin.ts";
export { type EarnedBonus, GetEarnedBonus } from "./earned-bonus.ts";
