import {
  type AroundHook,
  type GuardHook,
  type ObserveHook,
  type TransformHook,
  defineCommand,
  definePlugin,
  handle,
} from "@crmessenger/kernel";
import { z } from "zod";
import { type Fault, FaultyHooks } from "./fixtures/faulty.ts";

export const Greet = defineCommand({
  name: "neighbour.guest.greet",
  description: "Greets.",
  input: z.object({}),
  output: z.object({ said: z.string() }),
  permission: null,
  http: null,
});

export interface CalledHooks {
  guard: GuardHook<Fault>;
  transform: TransformHook<{ readonly how: Fault }>;
  around: AroundHook<Fault, string>;
  observe: ObserveHook<Fault>;
}

/** A plugin beside the faulty one: it calls the hook points, and goes on whatever happens there. */
export function neighbour() {
  const hooks: { current?: CalledHooks } = {};
  const plugin = definePlugin({
    id: "neighbour",
    version: "1.0.0",
    hooks: Object.values(FaultyHooks),
    boot(_, context) {
      hooks.current = {
        guard: context.hook(FaultyHooks.guard),
        transform: context.hook(FaultyHooks.transform),
        around: context.hook(FaultyHooks.around),
        observe: context.hook(FaultyHooks.observe),
      };
      return { handlers: [handle(Greet, async () => ({ said: "hello" }))] };
    },
  });
  return { plugin: plugin(), hooks: () => hooks.current as CalledHooks };
}
