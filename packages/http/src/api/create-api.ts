import type { IncomingMessage, ServerResponse } from "node:http";
import { Router } from "@koa/router";
import Koa from "koa";
import { CrmError } from "@crmessenger/kernel";
import { EventStreams } from "../events/event-streams.ts";
import { eventEndpoints } from "../events/event-endpoints.ts";
import { fileEndpoints } from "../files/file-endpoints.ts";
import { openApiEndpoint } from "../openapi/open-api-endpoint.ts";
import { operationEndpoints } from "../operations/operation-endpoints.ts";
import { answerProblems } from "./answer-problems.ts";
import type { ApiServices } from "./api-services.ts";
import { apiVersions } from "./api-version.ts";
import { healthEndpoints } from "./health-endpoints.ts";
import type { ApiState, Endpoint } from "./koa.ts";
import { sessionEndpoints } from "./session-endpoints.ts";

/** Everything below `/api`, version by version, and `/health` and `/ready`. */
export interface Api {
  readonly handle: (request: IncomingMessage, response: ServerResponse) => void;
  /** Ends the event streams; their readers come back elsewhere with the last position they saw. */
  close(): void;
}

export function createApi(services: ApiServices): Api {
  const streams = new EventStreams(services);
  const versions = apiVersions(services.bus.operations(), services.catalogue);
  const router = createRouter([
    ...healthEndpoints(services),
    ...versions.flatMap((version) => [
      ...sessionEndpoints(services, version),
      ...fileEndpoints(services, version),
      ...eventEndpoints(services, streams, version),
      openApiEndpoint(services, version),
      ...operationEndpoints(services, version),
    ]),
  ]);
  const app = new Koa<ApiState>();
  // what endpoints throw has been answered by then: this is a connection that broke under its answer
  app.on("error", (error: unknown) => services.logger.debug("A caller left before the answer was through.", { error }));
  app.use(answerProblems(services, versions));
  app.use(router.routes());
  app.use(router.allowedMethods());
  const callback = app.callback();
  return { handle: (request, response) => void callback(request, response), close: () => streams.close() };
}

/** A literal segment wins over a parameter, so `/users/me` is not a user called "me". */
function createRouter(endpoints: readonly Endpoint[]): Router<ApiState> {
  const router = new Router<ApiState>({ exclusive: "specificity", strict: true, sensitive: true });
  const taken = new Map<string, string>();
  for (const { method, path, name, handle } of endpoints) {
    const place = `${method} ${path.replaceAll(/:\w+/g, ":")}`;
    const other = taken.get(place);
    if (other !== undefined) {
      throw new CrmError(
        "CRM_HTTP_ROUTE_CONFLICT",
        `Both ${other} and ${name} are offered at ${method} ${path}. Give one of them another path.`,
        {
          details: { method, path, names: [other, name] },
        },
      );
    }
    taken.set(place, name);
    router.register(path, [method], async (ctx) => handle(ctx));
  }
  return router;
}
