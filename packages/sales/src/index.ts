export { type NormalisedIdentity, normaliseIdentity } from "./identity/normalise-identity.ts";
export { type PhoneRegion } from "./identity/normalise-phone.ts";
export { sales } from "./plugin.ts";
