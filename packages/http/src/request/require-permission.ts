import { CrmError, covers } from "@crmessenger/kernel";
import type { AccessSubject, PermissionManager } from "@crmessenger/kernel/iam";
import { type Criteria, nothing } from "@crmessenger/kernel/infrastructure";

/** Refuses with `CRM_IAM_FORBIDDEN` unless the subject holds the permission: what the message bus does for operations. */
export async function requirePermission(
  permissions: PermissionManager | undefined,
  subject: AccessSubject,
  permission: string,
): Promise<void> {
  if (subject.permissions && !subject.permissions.some((pattern) => covers(pattern, permission))) {
    throw forbidden(permission, "this key is limited to other permissions");
  }
  if (!permissions) throw forbidden(permission, "nobody in this application can grant it");
  const decision = await permissions.check({ subject, permission });
  if (!decision.granted) throw forbidden(permission, decision.reason);
}

/** What the subject may see with the permission. */
export async function scopeOf(
  permissions: PermissionManager | undefined,
  subject: AccessSubject,
  permission: string,
): Promise<Criteria> {
  return (await permissions?.scope(subject, permission)) ?? nothing;
}

function forbidden(permission: string, reason: string): CrmError {
  return new CrmError("CRM_IAM_FORBIDDEN", `This needs the permission ${permission}: ${reason}.`, {
    status: 403,
    details: { permission },
  });
}
