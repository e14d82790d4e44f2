import type { IncomingMessage, ServerResponse } from "node:http";
import { type ExecutionContext, isCrmError, runWithContext } from "@crmessenger/kernel";
import type { Authenticator } from "@crmessenger/kernel/iam";
import type { Ids, Logger } from "@crmessenger/kernel/infrastructure";
import { logFailure } from "../problem/log-failure.ts";
import { isOurs, toProblem } from "../problem/to-problem.ts";
import { authenticate, requestContext } from "../request/caller.ts";
import { discardRest, readBody } from "../request/read-body.ts";
import { RouteCall } from "./route-call.ts";
import type { RouteMatch } from "./route-index.ts";
import { sendResponse } from "./send-response.ts";

export interface RouteServices {
  readonly ids: Ids;
  readonly logger: Logger;
  readonly authenticator: Authenticator | undefined;
}

/**
 * Runs a plugin's route: as the user who calls where it requires one, otherwise as the plugin. Never rejects. This
 * is the way webhooks come in, so it makes nothing that a request does not need.
 */
export async function serveRoute(
  services: RouteServices,
  { bound, params }: RouteMatch,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  let context: ExecutionContext | undefined;
  try {
    if (bound.route.authentication === "required") {
      const caller = await authenticate(
        services.authenticator,
        request.headers,
        requestContext(request.headers, () => services.ids.next()),
      );
      context = caller.context;
    } else {
      context = { ...bound.context, correlationId: services.ids.next() };
    }
    const body = await readBody(request, bound.maxBodyBytes);
    const { subject, actor } = context;
    const call = new RouteCall(request, response, {
      params,
      body,
      ...(subject && actor.kind === "user" ? { subject } : {}),
    });
    await sendResponse(response, await runWithContext(context, () => bound.route.handle(call)));
  } catch (error) {
    refuse(services, context?.correlationId ?? services.ids.next(), { bound, params }, { request, response, error });
  }
}

function refuse(
  { logger }: RouteServices,
  correlationId: string,
  { bound }: RouteMatch,
  {
    request,
    response,
    error,
  }: { readonly request: IncomingMessage; readonly response: ServerResponse; readonly error: unknown },
): void {
  if (isCrmError(error, "CRM_HTTP_ABORTED")) return;
  if (isOurs(error)) {
    const { method, path, plugin } = bound.route;
    logFailure(logger, `${method} ${path} of plugin "${plugin}"`, { correlationId, error });
  }
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  const { status, headers, body } = toProblem(error, correlationId);
  response.writeHead(status, { ...headers, "content-length": Buffer.byteLength(body) });
  response.end(body);
  discardRest(request);
}
