import { covers, executionContext } from "@crmessenger/kernel";
import type { AttachedField } from "@crmessenger/kernel/extensibility";
import type { PermissionManager } from "@crmessenger/kernel/iam";
import type { EntityFields } from "../definitions/entity-fields.ts";

/** What the actor may do with fields. It is decided as for operations: the system everything, a plugin what it declared. */
export class FieldAccess {
  readonly #permissions: PermissionManager | undefined;

  constructor(permissions: PermissionManager | undefined) {
    this.#permissions = permissions;
  }

  /** Names of live fields that the actor may not read. */
  async unreadable({ guarded }: EntityFields): Promise<ReadonlySet<string>> {
    if (guarded.length === 0 || executionContext().actor.kind === "system") return new Set();
    const refused = await this.#refused(guarded.map(({ permissions }) => permissions.read));
    return new Set(guarded.flatMap(({ name, permissions }) => (refused.has(permissions.read) ? [name] : [])));
  }

  /** Those of the fields that the actor may not write. */
  async unwritable(fields: readonly AttachedField[]): Promise<readonly AttachedField[]> {
    const refused = await this.#refused(fields.map(({ permissions }) => permissions.write));
    return fields.filter(({ permissions }) => refused.has(permissions.write));
  }

  async #refused(permissions: readonly (string | null)[]): Promise<ReadonlySet<string | null>> {
    const refused = new Set<string | null>();
    for (const permission of new Set(permissions))
      if (permission !== null && !(await this.#may(permission))) refused.add(permission);
    return refused;
  }

  async #may(permission: string): Promise<boolean> {
    const { actor, subject } = executionContext();
    if (actor.kind === "system") return true;
    if (!subject || subject.permissions?.some((pattern) => covers(pattern, permission)) === false) return false;
    if (subject.kind === "plugin") return true;
    return (await this.#permissions?.check({ subject, permission }))?.granted ?? false;
  }
}
