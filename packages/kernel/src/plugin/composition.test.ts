import { expect, expectTypeOf, test } from "vitest";
import { z } from "zod";
import { createKernel } from "../boot/create-kernel.ts";
import { defineEvent } from "../bus/event-definition.ts";
import { contract } from "../contract.ts";
import { Clock } from "../infrastructure/clock.ts";
import { silentLogger } from "../infrastructure/logger.ts";
import type {
  ChannelTypesOf,
  Complete,
  Composition,
  CompositionOf,
  CustomFieldsOf,
  ServicesOf,
  TopicsOf,
} from "./composition.ts";
import { definePlugin, optional } from "./define-plugin.ts";
import type { Plugin } from "./plugin.ts";

interface Bell {
  ring(): Promise<string>;
}
const Bell = contract<Bell>("testing.bell", 1);
interface Rope {
  pull(): Promise<number>;
}
const Rope = contract<Rope>("testing.rope", 1);

const Rang = defineEvent("bell.rang", { 1: z.object({ times: z.number() }) });

const rope = definePlugin({
  id: "rope",
  version: "1.0.0",
  provides: { rope: Rope },
  fields: { lead: { knot: { type: { kind: "text" } } }, contact: { grip: { type: { kind: "boolean" } } } },
  boot: () => ({ provide: { rope: { pull: async () => 1 } } }),
});
const tower = definePlugin({
  id: "tower",
  version: "1.0.0",
  deps: { rope: Rope, clock: Clock },
  provides: { bell: Bell },
  options: z.object({ height: z.number() }),
  events: [Rang],
  channels: ["bells", "flags"],
  fields: {
    lead: {
      steps: { type: { kind: "number" } },
      tone: {
        type: {
          kind: "choice",
          options: [
            { value: "deep", label: "Deep" },
            { value: "high", label: "High" },
          ],
        },
      },
    },
  },
  boot: ({ rope: given }) => ({ provide: { bell: { ring: async () => `ding ${await given.pull()}` } } }),
});

test("a composition knows what its plugins provide, their channels and their events", async () => {
  await using kernel = await createKernel({ plugins: [tower({ height: 3 }), rope()], logger: silentLogger });
  expectTypeOf(kernel.get(Bell)).toEqualTypeOf<Bell>();
  expectTypeOf<Rope>().toExtend<ServicesOf<typeof kernel>>();
  expectTypeOf<ChannelTypesOf<typeof kernel>>().toEqualTypeOf<"bells" | "flags">();
  expectTypeOf<TopicsOf<typeof kernel>>().toEqualTypeOf<"bell.rang">();
  expectTypeOf<CustomFieldsOf<typeof kernel, "lead">>().toEqualTypeOf<{
    readonly steps?: number | null;
    readonly tone?: "deep" | "high" | null;
    readonly knot?: string | null;
  }>();
  expectTypeOf<CustomFieldsOf<typeof kernel, "contact">>().toEqualTypeOf<{ readonly grip?: boolean | null }>();
  expect(await kernel.get(Bell).ring()).toBe("ding 1");
});

test("a composition can be asked for nothing else", async () => {
  await using kernel = await createKernel({ plugins: [rope()], logger: silentLogger });
  expectTypeOf(kernel.get<typeof Rope>).returns.toEqualTypeOf<Rope>();
  expectTypeOf<typeof Bell>().not.toExtend<CompositionOf<[ReturnType<typeof rope>]>["contracts"]>();
  expectTypeOf<typeof Clock>().toExtend<CompositionOf<[ReturnType<typeof rope>]>["contracts"]>();
});

test("a dependency that nobody provides is a sentence of the compiler", () => {
  type Tower = ReturnType<typeof tower>;
  type Rope = ReturnType<typeof rope>;
  expectTypeOf<
    Complete<readonly [Tower]>
  >().toEqualTypeOf<'Plugin "tower" needs "rope", which no plugin in this list provides.'>();
  expectTypeOf<Complete<readonly [Tower, Rope]>>().toEqualTypeOf<unknown>();
  expectTypeOf<Complete<readonly [Rope, Tower]>>().toEqualTypeOf<unknown>();
});

test("an optional plugin stays what it is", () => {
  expectTypeOf(optional(rope())).toEqualTypeOf<ReturnType<typeof rope>>();
});

test("of a list whose contents are not known, anything may be asked", async () => {
  const plugins: Plugin[] = [rope()];
  await using kernel = await createKernel({ plugins, logger: silentLogger });
  expectTypeOf<CompositionOf<Plugin[]>>().toEqualTypeOf<Composition>();
  const ask = () => kernel.get(Bell);
  expectTypeOf(ask).returns.toEqualTypeOf<Bell>();
  expect(ask).toThrow(expect.objectContaining({ code: "CRM_KERNEL_MISSING_CONTRACT" }));
});
