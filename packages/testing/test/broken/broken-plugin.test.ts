import { type Plugin, definePlugin } from "@crmessenger/kernel";
import type { Route } from "@crmessenger/kernel/http";
import { Clock, Settings } from "@crmessenger/kernel/infrastructure";
import { expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { type PluginHarness, describePlugin, failuresOf, runSuite } from "../../src/index.ts";

/** Provides what the plugins here need. */
const settings = definePlugin({
  id: "plain-settings",
  version: "1.0.0",
  provides: { settings: Settings },
  boot: () => ({
    provide: {
      settings: { get: async () => undefined, set: async () => undefined, delete: async () => undefined },
    },
  }),
});

const options = z.strictObject({ everyMs: z.number().default(60_000) });
const definition = { id: "subject", version: "1.0.0", deps: { clock: Clock, settings: Settings }, options } as const;

/** What an author would write: a timer that starts and stops with it. */
const sound = definePlugin({
  ...definition,
  boot({ clock }, { options: { everyMs } }) {
    let cancel = (): void => undefined;
    return {
      async start() {
        cancel = clock.schedule(everyMs, () => undefined);
      },
      stop: async () => cancel(),
    };
  },
});

const harnessOf = (plugin: () => Plugin): PluginHarness => ({ plugin, others: () => [settings()] });

describePlugin({ name: "sound", ...harnessOf(() => sound()) });

const route: Route = {
  method: "GET",
  path: "/hooks/subject",
  authentication: "none",
  handle: async () => ({ status: 204 }),
};

interface Breakage {
  readonly fault: string;
  readonly noticedBy: readonly string[];
  readonly plugin: () => Plugin;
}

/** Timers that the broken ones leave behind. */
const forgotten: NodeJS.Timeout[] = [];
const tick = () => void forgotten.push(setInterval(() => undefined, 60_000));

const breakages: readonly Breakage[] = [
  {
    fault: "leaves a timer behind when it stops",
    noticedBy: [
      "leaves nothing open when it stops, and starts again",
      "leaves nothing open when another plugin fails to start",
    ],
    plugin: () => definePlugin({ ...definition, boot: () => ({ start: async () => tick() }) })(),
  },
  {
    fault: "begins while it boots",
    noticedBy: ["does nothing outside while it boots"],
    plugin: () =>
      definePlugin({
        ...definition,
        boot() {
          tick();
          return { stop: async () => clearInterval(forgotten.pop()) };
        },
      })(),
  },
  {
    fault: "takes any option",
    noticedBy: ["refuses an option that it does not know, naming itself and the option"],
    plugin: () => definePlugin({ ...definition, options: z.object({ everyMs: z.number().default(1) }) })(),
  },
  {
    fault: "takes any value for an option",
    noticedBy: ["refuses an option of the wrong kind, naming itself and the path"],
    plugin: () => definePlugin({ ...definition, options: z.strictObject({ everyMs: z.unknown() }) })({ everyMs: 1 }),
  },
  {
    fault: "reads process.env",
    noticedBy: ["reads the environment through its config only"],
    plugin: () =>
      definePlugin({ ...definition, boot: () => ({ start: async () => void process.env["SUBJECT_TOKEN"] }) })(),
  },
  {
    fault: "keeps state between two starts",
    noticedBy: ["is the same every time it starts"],
    plugin() {
      let starts = 0;
      return definePlugin({
        ...definition,
        boot: () => ({
          routes: (starts += 1) > 1 ? [] : [route],
        }),
      })();
    },
  },
  {
    fault: "runs once a process",
    noticedBy: ["runs in two kernels at once"],
    plugin: () =>
      definePlugin({
        ...definition,
        boot: () => ({
          async start() {
            if (forgotten.length > 0) throw new Error("It runs already.");
            tick();
          },
          stop: async () => clearInterval(forgotten.pop()),
        }),
      })(),
  },
  {
    fault: "does not come back once it was stopped",
    noticedBy: ["goes and comes back in a running kernel"],
    plugin() {
      let stopped = false;
      return definePlugin({
        ...definition,
        boot: () => ({
          async start() {
            if (stopped) throw new Error("It was stopped.");
          },
          async stop() {
            stopped = true;
          },
        }),
      })();
    },
  },
];

test.each(breakages)("a plugin that $fault is noticed", async ({ noticedBy, plugin }) => {
  onTestFinished(() => forgotten.splice(0).forEach((timer) => clearInterval(timer)));
  const reports = await runSuite(() => describePlugin(harnessOf(plugin)), {
    only: (name) => noticedBy.includes(name),
    patienceMs: 300,
  });
  expect(failuresOf(reports)).toEqual(noticedBy);
});
