import { executionContext, runInContext } from "../context/execution-context.ts";
import type { AccessSubject } from "../iam/access-subject.ts";

/** A plugin as an actor. */
export interface PluginIdentity {
  readonly id: string;
  readonly permissions: readonly string[];
}

export function pluginSubject(plugin: PluginIdentity, tenantId: string): AccessSubject {
  return { kind: "plugin", id: plugin.id, tenantId, roles: [], teams: [], permissions: plugin.permissions };
}

/** Runs work as the plugin, in the current tenant. */
export function runAsPlugin<T>(plugin: PluginIdentity, work: () => T, correlationId?: string): T {
  const { tenantId } = executionContext();
  const actor = { kind: "plugin" as const, id: plugin.id };
  return runInContext(
    { actor, subject: pluginSubject(plugin, tenantId), ...(correlationId === undefined ? {} : { correlationId }) },
    work,
  );
}

export function identityOf({
  definition,
}: {
  readonly definition: { id: string; permissions?: readonly string[] };
}): PluginIdentity {
  return { id: definition.id, permissions: definition.permissions ?? [] };
}
