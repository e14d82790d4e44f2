import { CrmError } from "@crmessenger/kernel";

export function accountNotFound(id: string): CrmError {
  return new CrmError("CRM_CHANNEL_NOT_FOUND", `There is no channel account ${id}.`, { status: 404, details: { id } });
}

export function accountElsewhere(id: string): CrmError {
  return new CrmError("CRM_CHANNEL_ELSEWHERE", `Another process runs the channel account ${id}. Try again there, or after it has stopped.`, {
    status: 409,
    retryable: true,
    details: { id },
  });
}

export function leaseLost(id: string): CrmError {
  return new CrmError("CRM_CHANNEL_LEASE_LOST", `This process no longer runs the channel account ${id}: what it received is not accepted, and will come again where the account runs now.`, {
    status: 409,
    details: { id },
  });
}
