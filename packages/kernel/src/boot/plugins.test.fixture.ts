import { type Contract, contract } from "../contract.ts";
import { definePlugin } from "../plugin/define-plugin.ts";
import type { Contracts, Plugin, Wiring } from "../plugin/plugin.ts";

/** A contract that only tests know: `part("a")` is `testing.a@1`. */
export function part(name: string, major = 1): Contract<string> {
  return contract<string>(`testing.${name}`, major);
}

/** What the plugins of a test do, in order: `boot a`, `start a`, `stop a`. */
export type Diary = string[];

export interface Traits {
  readonly needs?: readonly Contract<string>[];
  readonly likes?: readonly Contract<string>[];
  readonly gives?: readonly Contract<string>[];
  readonly wiring?: Wiring<Contracts>;
}

const named = (kind: string, references: readonly Contract<string>[] = []): Contracts =>
  Object.fromEntries(references.map((reference, index) => [`${kind}${index}`, reference]));

/** A plugin that needs and gives parts and writes down what happens to it. */
export function diarist(diary: Diary, id: string, { needs, likes, gives, wiring = {} }: Traits = {}): Plugin {
  const { start, ready, stop, ...rest } = wiring;
  const provides = named("part", gives);
  const plugin = definePlugin({
    id,
    version: "1.0.0",
    deps: named("need", needs),
    optionalDeps: named("wish", likes),
    provides,
    boot(services) {
      diary.push(`boot ${id}`, ...Object.values(services).map((service) => `${id} got ${String(service)}`));
      return {
        provide: Object.fromEntries(Object.keys(provides).map((name) => [name, `${name} of ${id}`])) as never,
        ...rest,
        async start() {
          diary.push(`start ${id}`);
          await start?.();
        },
        async ready() {
          diary.push(`ready ${id}`);
          await ready?.();
        },
        async stop() {
          diary.push(`stop ${id}`);
          await stop?.();
        },
      };
    },
  });
  return plugin();
}
