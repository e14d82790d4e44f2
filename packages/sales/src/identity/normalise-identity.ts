import { sanitiseText } from "@crmessenger/kernel/communication";
import type { IdentityClaim } from "@crmessenger/kernel/sales";
import { type PhoneRegion, normalisePhone } from "./normalise-phone.ts";

/** A claim in the form in which identities are stored and compared. */
export interface NormalisedIdentity extends IdentityClaim {
  /** Other values that mean the same identity. Never the value itself. */
  readonly aliases: readonly string[];
}

/**
 * Brings a claim into its stored form: `phone` to E.164 with its known other spellings as aliases, `email` to lower
 * case, `username` and `<channel>-username` to lower case without the `@`; every other kind is a provider's id and
 * stays as it is, but for surrounding blanks. Answers undefined when the value can't be of its kind.
 */
export function normaliseIdentity(
  claim: IdentityClaim,
  options: { readonly phoneRegion?: PhoneRegion | undefined } = {},
): NormalisedIdentity | undefined {
  const kind = sanitiseText(claim.kind).text.trim().toLowerCase();
  const text = sanitiseText(claim.value).text.trim();
  if (kind === "" || text === "") return undefined;
  if (kind === "phone") {
    const phone = normalisePhone(text, options.phoneRegion);
    return phone && { kind, ...phone, verified: claim.verified };
  }
  const value = kind === "email" ? emailOf(text) : isUsername(kind) ? usernameOf(text) : text;
  return value === undefined ? undefined : { kind, value, aliases: [], verified: claim.verified };
}

/**
 * Lower case throughout: RFC 5321 would let a server tell `Ann@` from `ann@`, but none that people write to does.
 */
function emailOf(text: string): string | undefined {
  const address = text
    .replace(/^mailto:/i, "")
    .normalize("NFC")
    .toLowerCase();
  return /^[^\s@<>]+@[^\s@<>]+$/.test(address) ? address : undefined;
}

function isUsername(kind: string): boolean {
  return kind === "username" || kind.endsWith("-username");
}

function usernameOf(text: string): string | undefined {
  const name = text.replace(/^@/, "").toLowerCase();
  return /^\S+$/.test(name) ? name : undefined;
}
