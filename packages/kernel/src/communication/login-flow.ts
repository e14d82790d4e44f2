import type { Timestamp } from "../infrastructure/json.ts";

/** Something a person must type in. */
export interface LoginField {
  readonly name: string;
  /** What to ask, with the provider's hint where there is one. */
  readonly label: string;
  readonly secret: boolean;
}

/** Where a login stands. `sequence` rises by one with every step. */
export type LoginStep =
  | { readonly sequence: number; readonly kind: "working" }
  | { readonly sequence: number; readonly kind: "show-qr"; readonly text: string; readonly expiresAt: Timestamp }
  | {
      readonly sequence: number;
      readonly kind: "ask";
      readonly fields: readonly LoginField[];
      readonly problem?: string;
    }
  | { readonly sequence: number; readonly kind: "done"; readonly externalId: string; readonly displayName: string }
  | { readonly sequence: number; readonly kind: "failed"; readonly code: string; readonly reason: string };

/**
 * Connecting an account, as steps that any UI can drive. A QR step is replaced before it expires: a shown code is
 * never stale. Verified by `describeLoginFlow` in `@crmessenger/testing`.
 */
export interface LoginFlow {
  /** The current step if its sequence is above `after`, otherwise the next one when it comes. */
  next(after: number, signal?: AbortSignal): Promise<LoginStep>;
  /** Answers the current `ask`; `CRM_LOGIN_NOT_ASKED` (409) when nothing is asked. A wrong answer asks again with a problem. */
  submit(values: Readonly<Record<string, string>>): Promise<void>;
  /** Ends the flow as failed with `CRM_LOGIN_CANCELLED`; ending it twice is fine. */
  cancel(): Promise<void>;
}
