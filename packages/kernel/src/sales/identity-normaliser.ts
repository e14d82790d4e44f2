import { contract } from "../contract.ts";
import type { IdentityClaim } from "./channel-identity.ts";

/** One spelling for each identity, so that the same person is found again. It only computes. */
export interface IdentityNormaliser {
  /**
   * Phones in E.164, e-mail and usernames in lower case, everything else as it is. What can't be of its kind keeps its
   * text and is no longer verified.
   */
  normalise(claim: IdentityClaim): IdentityClaim;
}

export const IdentityNormaliser = contract<IdentityNormaliser>("sales.identity-normaliser", 1, { normalise: "wait" });
