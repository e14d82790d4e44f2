import { isDeepStrictEqual } from "node:util";
import type { Plugin } from "@crmessenger/kernel";

/**
 * Which plugins of the next list differ from those that run: they were defined anew, or have other options. Undefined
 * when the lists name different plugins, which takes a restart.
 */
export function changedPlugins(running: readonly Plugin[], next: readonly Plugin[]): readonly Plugin[] | undefined {
  const before = new Map(running.map((plugin) => [plugin.definition.id, plugin]));
  if (before.size !== next.length || next.some(({ definition }) => !before.has(definition.id))) return undefined;
  return next.filter((plugin) => {
    const old = before.get(plugin.definition.id);
    return plugin.definition !== old?.definition || !isDeepStrictEqual(plugin.options, old.options);
  });
}
