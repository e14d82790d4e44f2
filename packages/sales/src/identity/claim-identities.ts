import { CrmError, isCrmError } from "@crmessenger/kernel";
import { type Criteria, type NewRecord, and, or, where } from "@crmessenger/kernel/infrastructure";
import type { ChannelIdentity, IdentityClaim } from "@crmessenger/kernel/sales";
import { isInScope } from "../record/is-in-scope.ts";
import type { SalesServices } from "../services.ts";
import { type NormalisedIdentity, normaliseIdentity } from "./normalise-identity.ts";

/** The claims in stored form, each identity once. A value that can't be of its kind is `CRM_SALES_IDENTITY_INVALID`. */
export function identitiesOf(claims: readonly IdentityClaim[], services: SalesServices): readonly NormalisedIdentity[] {
  const unique = new Map<string, NormalisedIdentity>();
  for (const claim of claims) {
    const identity = normaliseIdentity(claim, services);
    if (!identity) throw invalid(claim);
    const key = JSON.stringify([identity.kind, identity.value]);
    const earlier = unique.get(key);
    unique.set(key, earlier ? { ...identity, verified: earlier.verified || identity.verified } : identity);
  }
  return [...unique.values()];
}

/** Passes when none of the identities belongs to anybody; otherwise `CRM_SALES_IDENTITY_TAKEN`. */
export async function refuseTaken(
  identities: readonly NormalisedIdentity[],
  scope: Criteria,
  services: SalesServices,
): Promise<void> {
  if (identities.length === 0) return;
  const spellings = identities.map(({ kind, value, aliases }) =>
    and(where<ChannelIdentity>("kind").eq(kind), where<ChannelIdentity>("value").in([value, ...aliases])),
  );
  const found = await services.identities.find(or(...spellings), { limit: 1 });
  const [holder] = found.items;
  if (!holder) return;
  const contact = await services.contacts.get(holder.contactId);
  throw taken(holder, contact && isInScope(scope, contact) ? contact.id : undefined);
}

/** Gives the identities to the contact. */
export async function addIdentities(
  contactId: string,
  identities: readonly NormalisedIdentity[],
  services: SalesServices,
): Promise<ChannelIdentity[]> {
  const added: ChannelIdentity[] = [];
  for (const { kind, value, aliases, verified } of identities) {
    const record: NewRecord<ChannelIdentity> = { id: services.ids.next(), contactId, kind, value, aliases, verified };
    try {
      added.push(await services.identities.insert(record));
    } catch (error) {
      // Somebody else was faster since `refuseTaken` looked; the failed statement leaves nothing to ask for the holder.
      throw isCrmError(error, "CRM_STORAGE_DUPLICATE") ? taken(record, undefined, error) : error;
    }
  }
  return added;
}

function taken(
  identity: Pick<ChannelIdentity, "kind" | "value">,
  contactId: string | undefined,
  cause?: unknown,
): CrmError {
  const { kind, value } = identity;
  const holder = contactId === undefined ? "another contact" : `the contact ${contactId}`;
  return new CrmError("CRM_SALES_IDENTITY_TAKEN", `The ${kind} ${value} belongs to ${holder} already.`, {
    status: 409,
    details: { kind, value, ...(contactId === undefined ? {} : { contactId }) },
    cause,
  });
}

function invalid({ kind, value }: IdentityClaim): CrmError {
  const hint =
    kind === "phone" ? " Write it with its country code, such as +5511987654321, and without an extension." : "";
  return new CrmError("CRM_SALES_IDENTITY_INVALID", `"${value}" can't be a ${kind}.${hint}`, {
    status: 422,
    details: { kind, value },
  });
}
