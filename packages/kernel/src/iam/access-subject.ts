/** Somebody or something whose rights are checked. Plain data: it crosses workers and processes. */
export interface AccessSubject {
  readonly kind: "user" | "plugin";
  readonly id: string;
  readonly tenantId: string;
  /** Role ids of a user; empty for a plugin. */
  readonly roles: readonly string[];
  /** Ids of the teams the user belongs to, without their parents. */
  readonly teams: readonly string[];
  /** What a plugin declared, or an API key is limited to; `*` at the end of a name matches the rest. */
  readonly permissions?: readonly string[];
}
