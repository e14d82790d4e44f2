import { z } from "zod";
import type { EventDefinition } from "../bus/event-definition.ts";
import type { FieldDeclarations } from "../extensibility/declared-fields.ts";
import type { PluginTypes } from "./composition.ts";
import type { AnyPluginDefinition, Contracts, Plugin, PluginDefinition } from "./plugin.ts";

/**
 * Makes a plugin from options; without a required option it can be called empty. It carries its definition, so that a
 * plugin can be found among the exports of a module.
 */
export type PluginFactory<S extends z.ZodType, T extends PluginTypes = PluginTypes> = ({} extends z.input<S>
  ? (options?: z.input<S>) => Plugin<T>
  : (options: z.input<S>) => Plugin<T>) & { readonly definition: AnyPluginDefinition };

const ID = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;

const noOptions = z.strictObject({});

/**
 * Defines a plugin. The result is called with the plugin's options where an application lists its plugins:
 * `createKernel({ plugins: [memory(), telegram({ apiId: 1 })] })`.
 */
export function definePlugin<
  const I extends string,
  D extends Contracts = {},
  X extends Contracts = {},
  P extends Contracts = {},
  S extends z.ZodType = typeof noOptions,
  const C extends string = never,
  E extends EventDefinition<unknown> = never,
  const F extends FieldDeclarations = {},
>(
  definition: PluginDefinition<D, X, P, S, I, C, E, F>,
): PluginFactory<S, { id: I; deps: D; provides: P; channels: C; topics: E["topic"]; fields: F }> {
  if (!ID.test(definition.id)) throw new TypeError(`A plugin's id is kebab-case, not "${definition.id}".`);
  const any = Object.freeze({ options: noOptions, ...definition }) as unknown as AnyPluginDefinition;
  const make = (options: unknown = {}): Plugin => ({ definition: any, options, optional: false });
  return Object.assign(make, { definition: any }) as never;
}

/** Lets an application boot without this plugin: its failure degrades health instead. */
export function optional<T extends PluginTypes>(plugin: Plugin<T>): Plugin<T> {
  return { ...plugin, optional: true };
}
