import { contractId } from "../contract.ts";
import { CrmError } from "../errors/crm-error.ts";
import type { Plugin } from "../plugin/plugin.ts";
import type { KernelRuntime } from "./kernel-runtime.ts";

/** Disables, enables and reloads the plugins of an application, one change after another. */
export function createPluginSwitch(runtime: KernelRuntime, plugins: readonly Plugin[]) {
  let listed = plugins;
  let disabled: ReadonlySet<string> = new Set();
  let last: Promise<void> = Promise.resolve();
  const inTurn = (work: () => Promise<void>): Promise<void> => {
    const turn = last.then(work);
    last = turn.catch(() => undefined);
    return turn;
  };
  const apply = async (next: readonly Plugin[], without: ReadonlySet<string>) => {
    const isOut = ({ definition }: Plugin) => without.has(definition.id);
    await runtime.change(
      next.filter((plugin) => !isOut(plugin)),
      next.filter(isOut),
    );
    listed = next;
    disabled = without;
  };
  const find = (id: string): Plugin => {
    const plugin = listed.find(({ definition }) => definition.id === id);
    if (plugin) return plugin;
    throw new CrmError("CRM_KERNEL_UNKNOWN_PLUGIN", `This application has no plugin "${id}".`, {
      status: 404,
      details: { plugin: id, plugins: listed.map(({ definition }) => definition.id) },
    });
  };
  const disable = (id: string) =>
    inTurn(async () => {
      const plugin = find(id);
      if (disabled.has(id)) return;
      refuseIfNeeded(
        plugin,
        listed.filter(({ definition }) => definition.id !== id && !disabled.has(definition.id)),
      );
      await apply(listed, new Set([...disabled, id]));
    });
  const enable = (id: string) =>
    inTurn(async () => {
      find(id);
      if (disabled.has(id)) await apply(listed, new Set([...disabled].filter((other) => other !== id)));
    });
  const reload = (plugin: Plugin) =>
    inTurn(async () => {
      const old = find(plugin.definition.id);
      await apply(
        listed.map((other) => (other === old ? plugin : other)),
        disabled,
      );
    });
  return {
    disabled: () => listed.filter(({ definition }) => disabled.has(definition.id)),
    change: { disable, enable, reload, ended: () => last },
  };
}

function refuseIfNeeded({ definition }: Plugin, others: readonly Plugin[]): void {
  const provided = new Set(Object.values(definition.provides ?? {}));
  const needs = others.flatMap((other) => {
    const wanted = Object.values(other.definition.deps ?? {}).filter((reference) => provided.has(reference));
    return wanted.length > 0 ? [{ plugin: other.definition.id, contracts: wanted.map(contractId) }] : [];
  });
  if (needs.length === 0) return;
  const whom = needs.map(({ plugin, contracts }) => `"${plugin}" needs ${contracts.join(" and ")} of it`).join("; ");
  throw new CrmError("CRM_KERNEL_PLUGIN_NEEDED", `Plugin "${definition.id}" can't be disabled: ${whom}.`, {
    status: 409,
    details: { plugin: definition.id, needs },
  });
}
