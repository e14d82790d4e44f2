import {
  type AroundHook,
  CrmError,
  type GuardHook,
  type ObserveHook,
  type TransformHook,
  definePlugin,
  executionContext,
  handle,
} from "@crmessenger/kernel";
import { type Draft, HostHooks, Notebook, OwnHooks, Shout } from "./fixtures/everything-contracts.ts";

export interface HostParts {
  readonly guard: GuardHook<Draft>;
  readonly transform: TransformHook<Draft>;
  readonly around: AroundHook<Draft, string>;
  readonly observe: ObserveHook<Draft>;
  readonly notebook: Notebook;
}

/** The plugin around `everything`: it calls what that one taps, and uses what that one provides. */
export function everythingHost() {
  const parts: { current?: HostParts } = {};
  const host = definePlugin({
    id: "host",
    version: "1.0.0",
    deps: { notebook: Notebook },
    hooks: Object.values(HostHooks),
    boot({ notebook }, context) {
      parts.current = {
        notebook,
        guard: context.hook(HostHooks.guard),
        transform: context.hook(HostHooks.transform),
        around: context.hook(HostHooks.around),
        observe: context.hook(HostHooks.observe),
      };
      return {
        handlers: [
          handle(Shout, async ({ text }) => {
            const { actor, unitOfWork } = executionContext();
            if (text === "unspeakable") throw new CrmError("CRM_HOST_SILENT", "Not that.", { status: 422 });
            return { text: text.toUpperCase(), actor: actor.id, inUnit: unitOfWork !== undefined };
          }),
        ],
      };
    },
    extend(taps) {
      taps.tap(OwnHooks.draft, ({ text }) => ({ text: `${text}?` }));
    },
  });
  return { plugin: host(), parts: () => parts.current as HostParts };
}
