import { KernelHooks, type Plugin, definePlugin, executionContext } from "@crmessenger/kernel";

/** An operation that a plugin ran on its own account. */
export interface Dispatched {
  readonly plugin: string;
  readonly operation: string;
  readonly permission: string | null;
}

/** A plugin that notes what plugins dispatch on their own account. */
export function dispatchProbe(seen: Dispatched[]): Plugin {
  const plugin = definePlugin({
    id: "testing-dispatch-probe",
    version: "1.0.0",
    extend(taps) {
      taps.tap(KernelHooks.operation, (call, next) => {
        const { actor } = executionContext();
        const { name, permission } = call.operation;
        if (actor.kind === "plugin") seen.push({ plugin: actor.id, operation: name, permission });
        return next(call);
      });
    },
  });
  return plugin();
}
