import type { IdentityNormaliser } from "@crmessenger/kernel/sales";
import { normaliseIdentity } from "./normalise-identity.ts";
import type { PhoneRegion } from "./normalise-phone.ts";

/** Normalises what channels report. A message must not be lost over a claim that makes no sense, so none is refused. */
export function createIdentityNormaliser(phoneRegion: PhoneRegion | undefined): IdentityNormaliser {
  return {
    normalise(claim) {
      const identity = normaliseIdentity(claim, { phoneRegion });
      if (!identity) return { ...claim, verified: false };
      const { kind, value, verified } = identity;
      return { kind, value, verified };
    },
  };
}
