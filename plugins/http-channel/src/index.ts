export { httpChannel } from "./plugin.ts";
export { parseSigningKey, refuseSignature, sign, type SigningKey } from "./signature.ts";
