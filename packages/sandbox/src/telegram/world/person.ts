import type { SrpVerifier } from "../crypto/srp-verifier.ts";

/** A business's account, a bot, or a customer with a phone. */
export type PersonKind = "account" | "bot" | "customer";

/** Somebody who has a Telegram user id. */
export interface Person {
  readonly id: number;
  readonly kind: PersonKind;
  readonly firstName: string;
  readonly lastName?: string | undefined;
  readonly username?: string | undefined;
  /** E.164 with the plus sign. Visible to everybody this person writes to. */
  readonly phone?: string | undefined;
  /** Bots only. */
  readonly token?: string | undefined;
  /** Accounts with two-step verification only. */
  readonly password?: SrpVerifier | undefined;
  readonly passwordHint?: string | undefined;
  /** The data centre that the account lives in; a login through another one is migrated. */
  readonly homeDc: number;
}
