import { type Plugin, type PluginDefinition, covers, isCrmError } from "@crmessenger/kernel";
import { expect } from "vitest";
import { z } from "zod";
import { describe, onTestFinished, test } from "../suite/suite-api.ts";
import { type Dispatched, dispatchProbe } from "./dispatch-probe.ts";
import { expectNothingLeftOpen } from "./open-handles.ts";
import {
  type PluginCast,
  type PluginHarness,
  broughtBy,
  castOf,
  saboteur,
  start,
  startBesideRequired,
  withKernel,
} from "./plugin-harness.ts";
import { readsOfEnvironment } from "./watched-environment.ts";

/** What every plugin owes the application that lists it. */
export function describePlugin(harness: PluginHarness): void {
  describe(`${harness.name === undefined ? "" : `${harness.name}: `}Plugin`, () => {
    const cast = async () => {
      onTestFinished(() => harness.drop?.());
      return castOf(harness);
    };
    booting(harness, cast);
    options(harness, cast);
    environment(harness, cast);
    lifetimes(harness, cast);
    switching(harness, cast);
    manners(harness, cast);
  });
}

type Cast = () => Promise<PluginCast>;

const all = ({ plugin, others }: PluginCast): readonly Plugin[] => [...others, plugin];

function booting(harness: PluginHarness, cast: Cast): void {
  test("starts beside nothing but what it declares that it needs, and is well", async () => {
    const made = await cast();
    const { id } = made.plugin.definition;
    await using kernel = await startBesideRequired(harness, made);
    expect(kernel.inspect().plugins.find((plugin) => plugin.id === id)).toMatchObject({ status: "started" });
    const health = (await kernel.health()).plugins[id];
    expect(["up", "degraded"]).toContain(health?.status);
    if (health?.status === "degraded") expect(health.reason).toMatch(/\w+ \w+/);
  });

  test("starts wherever it stands in the list of plugins", async () => {
    const { plugin, others } = await cast();
    const { id } = plugin.definition;
    await withKernel(harness, [plugin, ...others.toReversed()], (kernel) =>
      expect(broughtBy(kernel, id).status).toBe("started"),
    );
  });

  test("provides what it says", async () => {
    const made = await cast();
    await withKernel(harness, all(made), (kernel) => {
      for (const contract of Object.values(made.plugin.definition.provides ?? {}))
        expect(kernel.get(contract)).toBeDefined();
    });
  });

  test("does nothing outside while it boots", async () => {
    const made = await cast();
    await expectNothingLeftOpen(() =>
      expect(start(harness, [...all(made), saboteur("boot")])).rejects.toMatchObject({
        code: "CRM_PLUGIN_BOOT",
        details: { plugin: "testing-saboteur" },
      }),
    );
  });
}

function options(harness: PluginHarness, cast: Cast): void {
  const refusal = async (made: PluginCast, changed: Record<string, unknown>) => {
    const plugin = { ...made.plugin, options: { ...(made.plugin.options as object), ...changed } };
    return start(harness, [...made.others, plugin]).then(
      async (kernel) => {
        await kernel.stop();
        throw new Error(`The plugin took the option ${Object.keys(changed).join()}.`);
      },
      (error: unknown) => error,
    );
  };

  test("takes plain data as options", async () => {
    const { plugin } = await cast();
    expect(() => structuredClone(plugin.options)).not.toThrow();
  });

  test("refuses an option that it does not know, naming itself and the option", async () => {
    const made = await cast();
    const error = await refusal(made, { "no-such-option": 1 });
    expect(error).toMatchObject({ code: "CRM_PLUGIN_OPTIONS", details: { plugin: made.plugin.definition.id } });
    expect((error as Error).message).toContain("no-such-option");
  });

  test("refuses an option of the wrong kind, naming itself and the path", async () => {
    const made = await cast();
    const { properties = {} } = z.toJSONSchema(schemaOf(made.plugin), FOR_INPUT);
    for (const name of Object.keys(properties)) {
      const error = await refusal(made, { [name]: Symbol("no data") });
      expect(error).toMatchObject({ code: "CRM_PLUGIN_OPTIONS", details: { plugin: made.plugin.definition.id } });
      const { issues } = (error as { details: { issues: readonly { path: string }[] } }).details;
      expect(issues.map(({ path }) => path.split(".")[0])).toContain(name);
    }
  });
}

/** Streams and pools among the options have no schema, and none is needed here. */
const FOR_INPUT = { io: "input", unrepresentable: "any" } as const;

function schemaOf(plugin: Plugin): z.ZodType {
  return (plugin.definition as PluginDefinition<{}, {}, {}, z.ZodType>).options ?? z.strictObject({});
}

function environment(harness: PluginHarness, cast: Cast): void {
  test("reads the environment through its config only", async () => {
    const made = await cast();
    const reads = await readsOfEnvironment(() =>
      withKernel(harness, all(made), (kernel) => harness.exercise?.(kernel)),
    );
    expect(reads).toEqual([]);
  });

  test("says which variable is missing, or does without", async () => {
    const made = await cast();
    const { id, config = {} } = made.plugin.definition;
    try {
      await withKernel({ ...harness, environment: {} }, all(made), () => undefined);
    } catch (error) {
      const problem = isCrmError(error) ? error.message : String(error);
      const names = [
        ...Object.keys(config),
        ...made.others.flatMap(({ definition }) => Object.keys(definition.config ?? {})),
      ];
      expect(
        names.filter((name) => problem.includes(name)),
        `${id} says: ${problem}`,
      ).not.toEqual([]);
    }
  });
}

function lifetimes(harness: PluginHarness, cast: Cast): void {
  test("leaves nothing open when it stops, and starts again", async () => {
    const made = await cast();
    await withKernel(harness, all(made), (kernel) => harness.exercise?.(kernel)); // what is loaded once and kept comes now
    await expectNothingLeftOpen(() => withKernel(harness, all(made), (kernel) => harness.exercise?.(kernel)));
  });

  test("leaves nothing open when another plugin fails to start", async () => {
    const made = await cast();
    await withKernel(harness, all(made), () => undefined);
    await expectNothingLeftOpen(() =>
      expect(start(harness, [...all(made), saboteur("start")])).rejects.toMatchObject({ code: "CRM_PLUGIN_START" }),
    );
  });

  test("is the same every time it starts", async () => {
    const made = await cast();
    const { id } = made.plugin.definition;
    const first = await withKernel(harness, all(made), (kernel) => broughtBy(kernel, id));
    const second = await withKernel(harness, all(made), (kernel) => broughtBy(kernel, id));
    expect(second).toEqual(first);
  });

  test("runs in two kernels at once", async () => {
    const [one, other] = [await cast(), await cast()];
    const { id } = one.plugin.definition;
    await withKernel(harness, all(one), async (first) => {
      const brought = await withKernel(harness, all(other), (second) => broughtBy(second, id));
      expect(brought).toEqual(broughtBy(first, id));
      expect((await first.health()).plugins[id]?.status).not.toBe("down");
    });
  });
}

function switching(harness: PluginHarness, cast: Cast): void {
  test("goes and comes back in a running kernel", async () => {
    const made = await cast();
    const { id } = made.plugin.definition;
    await withKernel(harness, all(made), async (kernel) => {
      const before = broughtBy(kernel, id);
      await kernel.disable(id);
      expect(broughtBy(kernel, id).taps).toEqual([]);
      await kernel.enable(id);
      expect(broughtBy(kernel, id)).toEqual(before);
      await harness.exercise?.(kernel);
    });
  });
}

function manners(harness: PluginHarness, cast: Cast): void {
  test("names jobs, subscriptions and hook points after itself or its area", async () => {
    const made = await cast();
    const { id } = made.plugin.definition;
    await withKernel(harness, all(made), (kernel) => {
      const { subscriptions = [], jobs = [] } = broughtBy(kernel, id);
      for (const name of [...subscriptions.map(({ name }) => name), ...jobs])
        expect(name).toMatch(new RegExp(`^${id}\\.`));
    });
  });

  test("adds taps to points that somebody calls, as itself, and nobody else's", async () => {
    const made = await cast();
    const { id } = made.plugin.definition;
    const tapsOf = (plugins: readonly Plugin[]) =>
      withKernel(harness, plugins, (kernel) =>
        kernel.inspect().hooks.flatMap(({ name, taps }) => taps.map(({ plugin }) => `${plugin} at ${name}`)),
      );
    const [without, withIt] = [await tapsOf(made.others), await tapsOf(all(made))];
    const added = withIt.filter((tap) => !without.includes(tap));
    expect(added.filter((tap) => !tap.startsWith(`${id} at `))).toEqual([]);
  });

  test("dispatches nothing that its declared permissions do not cover", async () => {
    const made = await cast();
    const seen: Dispatched[] = [];
    const { id, permissions = [] } = made.plugin.definition;
    await withKernel(harness, [...all(made), dispatchProbe(seen)], (kernel) => harness.exercise?.(kernel));
    const beyond = seen.filter(
      ({ plugin, permission }) =>
        plugin === id && permission !== null && !permissions.some((pattern) => covers(pattern, permission)),
    );
    expect(beyond).toEqual([]);
  });
}
