import { type Contract, type Kernel, type Plugin, definePlugin, isCrmError } from "@crmessenger/kernel";
import { type TestKernel, createTestKernel } from "../kernel/create-test-kernel.ts";

/** How a plugin is handed to its suite. */
export interface PluginHarness {
  /** As test reports show it. Default: the plugin's id. */
  readonly name?: string;
  /** The plugin with options that are right; new every time, so that two of them can run at once. */
  plugin(): Plugin | Promise<Plugin>;
  /** Plugins that provide what it depends on, required or optional; new ones every time. */
  others?(): readonly Plugin[] | Promise<readonly Plugin[]>;
  /** What it and the others read from the environment. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Makes the plugin do what it is there for, as far as that is possible without the outside: commands, events, jobs. */
  exercise?(kernel: TestKernel): Promise<void>;
  /** Called after each test, when no kernel runs any more. */
  drop?(): Promise<void>;
}

/** The plugin under test with what it needs. */
export interface PluginCast {
  readonly plugin: Plugin;
  readonly others: readonly Plugin[];
}

export async function castOf(harness: PluginHarness): Promise<PluginCast> {
  return { plugin: await harness.plugin(), others: (await harness.others?.()) ?? [] };
}

/** Of the others, those without whom the plugin could not boot: providers of what it needs, and callers of these points. */
export function requiredBy({ plugin, others }: PluginCast, points: readonly unknown[] = []): readonly Plugin[] {
  const needed = new Set<Plugin>();
  const visit = (one: Plugin): void => {
    for (const contract of Object.values(one.definition.deps ?? {})) {
      const provider = others.find((other) => provides(other, contract));
      if (!provider || needed.has(provider)) continue;
      needed.add(provider);
      visit(provider);
    }
  };
  visit(plugin);
  for (const caller of others.filter(({ definition }) => definition.hooks?.some(({ name }) => points.includes(name)))) {
    needed.add(caller);
    visit(caller);
  }
  return others.filter((other) => needed.has(other));
}

/** Starts the plugin beside those without whom it could not boot. Which points it taps, only its boot tells. */
export async function startBesideRequired(harness: PluginHarness, cast: PluginCast): Promise<TestKernel> {
  const points: unknown[] = [];
  for (;;) {
    try {
      return await start(harness, [...requiredBy(cast, points), cast.plugin]);
    } catch (error) {
      const point = isCrmError(error, "CRM_HOOK_UNKNOWN") ? error.details["point"] : undefined;
      if (point === undefined || points.includes(point)) throw error;
      points.push(point);
    }
  }
}

export function provides({ definition }: Plugin, contract: Contract<unknown>): boolean {
  return Object.values(definition.provides ?? {}).includes(contract);
}

export function start(harness: PluginHarness, plugins: readonly Plugin[]): Promise<TestKernel> {
  return createTestKernel({ plugins, environment: harness.environment ?? {} });
}

/** Starts a kernel, does the work with it, and stops it. */
export async function withKernel<T>(
  harness: PluginHarness,
  plugins: readonly Plugin[],
  work: (kernel: TestKernel) => T | Promise<T>,
): Promise<T> {
  const kernel = await start(harness, plugins);
  try {
    return await work(kernel);
  } finally {
    await kernel.stop();
  }
}

/** A plugin that fails at a chosen moment, after everything that is listed before it. */
export function saboteur(phase: "boot" | "start"): Plugin {
  const fail = () => {
    throw new Error("sabotage");
  };
  const plugin = definePlugin({
    id: "testing-saboteur",
    version: "1.0.0",
    boot: () => (phase === "boot" ? fail() : { start: async () => fail() }),
  });
  return plugin();
}

/** What a plugin has brought into a kernel, without times. */
export function broughtBy(kernel: Kernel, id: string) {
  const { plugins, hooks } = kernel.inspect();
  const { deps, provides, operations, jobs, routes, subscriptions, status } =
    plugins.find((plugin) => plugin.id === id) ?? {};
  const taps = hooks.flatMap(({ name, taps }) =>
    taps.filter(({ plugin }) => plugin === id).map(({ stage }) => `${name} ${stage}`),
  );
  return { deps, provides, operations, jobs, routes, subscriptions, status, taps };
}
