import { z } from "zod";
import type { AnyPluginDefinition, Contracts, Plugin, PluginDefinition } from "./plugin.ts";

/** Makes a plugin from options; without a required option it can be called empty. */
export type PluginFactory<S extends z.ZodType> =
  {} extends z.input<S> ? (options?: z.input<S>) => Plugin : (options: z.input<S>) => Plugin;

const ID = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;

const noOptions = z.strictObject({});

/**
 * Defines a plugin. The result is called with the plugin's options where an application lists its plugins:
 * `createKernel({ plugins: [memory(), telegram({ apiId: 1 })] })`.
 */
export function definePlugin<
  D extends Contracts = {},
  X extends Contracts = {},
  P extends Contracts = {},
  S extends z.ZodType = typeof noOptions,
>(definition: PluginDefinition<D, X, P, S>): PluginFactory<S> {
  if (!ID.test(definition.id)) throw new TypeError(`A plugin's id is kebab-case, not "${definition.id}".`);
  const any = Object.freeze({ options: noOptions, ...definition }) as unknown as AnyPluginDefinition;
  return ((options: unknown = {}): Plugin => ({ definition: any, options, optional: false })) as PluginFactory<S>;
}

/** Lets an application boot without this plugin: its failure degrades health instead. */
export function optional(plugin: Plugin): Plugin {
  return { ...plugin, optional: true };
}
