export { communication } from "./plugin.ts";
export {
  type OutboundPlan,
  type OutboundRefusal,
  type OutboundSituation,
  planOutbound,
} from "./outbound/plan-outbound.ts";
export { splitText } from "./outbound/split-text.ts";
