import type { ChannelAccount } from "@crmessenger/kernel/communication";
import { type Criteria, type CriteriaSubject, type GetOptions, matches } from "@crmessenger/kernel/infrastructure";
import type { CommunicationServices } from "../services.ts";
import { accountNotFound } from "./account-errors.ts";

/** The account, if the caller may reach it; otherwise `CRM_CHANNEL_NOT_FOUND`. */
export async function findAccount(
  services: CommunicationServices,
  id: string,
  scope: Criteria,
  options?: GetOptions,
): Promise<ChannelAccount> {
  const account = await services.accounts.get(id, options);
  if (account && account.deletedAt === null && matches(scope, account as unknown as CriteriaSubject)) return account;
  throw accountNotFound(id);
}
