import type { Handler } from "../bus/handler.ts";
import { CrmError } from "../errors/crm-error.ts";
import type { BootedPlugin } from "./booted-plugin.ts";

/** Handlers with whose they are. */
export interface HandlerSource {
  readonly id: string;
  readonly handlers: readonly Handler[];
}

export function handlersOf({ definition, wiring }: BootedPlugin): HandlerSource {
  return { id: definition.id, handlers: wiring.handlers ?? [] };
}

/** Handlers by the name of their operation, of which there can be one each. */
export function collectHandlers(sources: readonly HandlerSource[]): ReadonlyMap<string, Handler> {
  const all = new Map<string, Handler>();
  for (const { id, handlers } of sources) {
    for (const handler of handlers) {
      const { name } = handler.operation;
      if (all.has(name))
        throw new CrmError(
          "CRM_BUS_DUPLICATE_HANDLER",
          `${name} has two handlers; plugin "${id}" brings the second. Leave one of them out.`,
          { details: { operation: name, plugin: id } },
        );
      all.set(name, handler);
    }
  }
  return all;
}

export function unknownOperation(operation: string): CrmError {
  return new CrmError("CRM_BUS_NO_HANDLER", `Nothing in this application serves ${operation}.`, {
    status: 404,
    details: { operation },
  });
}

/** Stands in for a handler while its plugin is away. */
export function reloading(handler: Handler, plugin: string): Handler {
  const error = new CrmError("CRM_PLUGIN_RELOADING", `Plugin "${plugin}" is being reloaded. Try again in a moment.`, {
    status: 503,
    retryable: true,
    retryAfterMs: 1_000,
    details: { plugin },
  });
  return { ...handler, unitOfWork: "own", run: () => Promise.reject(error) };
}
