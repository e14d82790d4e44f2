import type { IncomingMessage, ServerResponse } from "node:http";
import { CrmError, toCrmError } from "@crmessenger/kernel";
import type { PluginRoute } from "@crmessenger/kernel/http";
import { type Api, createApi } from "../api/create-api.ts";
import type { ApiServices } from "../api/api-services.ts";
import { RouteIndex } from "../plugin-routes/route-index.ts";
import { serveRoute } from "../plugin-routes/serve-route.ts";
import { methodNotAllowed } from "../problem/http-problems.ts";
import { toProblem } from "../problem/to-problem.ts";
import { discardRest } from "../request/read-body.ts";
import type { HttpHandler } from "./http-handler.ts";

interface Open {
  readonly routes: RouteIndex;
  readonly api: Api;
}

const OURS = /^\/(api|health|ready)(\/|$)/;
const RETRY_AFTER_MS = 1_000;

/** Where every request comes in: plugins' routes are looked up first, the API answers the rest. */
export class Front implements HttpHandler {
  readonly #services: ApiServices;
  #open: Open | undefined;

  constructor(services: ApiServices) {
    this.#services = services;
  }

  /** Takes the routes of all plugins and the operations of the bus; both are complete by then. */
  open(routes: readonly PluginRoute[]): void {
    this.#open = { routes: new RouteIndex(routes), api: createApi(this.#services) };
  }

  /**
   * Takes others for what comes from now on, after plugins came or went; event streams end and their readers come back.
   * Routes that don't fit together are logged, and those that were there stay.
   */
  reopen(routes: readonly PluginRoute[]): void {
    const before = this.#open;
    if (!before) return; // closed: a plugin that goes while others drain opens nothing
    try {
      this.open(routes);
      before.api.close();
    } catch (error) {
      const { code, message } = toCrmError(error);
      this.#services.logger.error(`The routes stay as they were: ${message}`, { code });
    }
  }

  /** Refuses what comes from now on; what is in hand goes on, event streams apart. */
  close(): void {
    this.#open?.api.close();
    this.#open = undefined;
  }

  readonly handle = (request: IncomingMessage, response: ServerResponse, next?: () => void): void => {
    const open = this.#open;
    if (!open) return this.#refuse(request, response, closed());
    const { method = "GET", url = "/" } = request;
    const path = pathOf(url);
    const match = open.routes.find(method, path);
    if (match) return void serveRoute(this.#services, match, request, response);
    const allow = OURS.test(path) ? [] : open.routes.methods(path);
    if (allow.length > 0) return this.#refuse(request, response, methodNotAllowed(method, allow));
    if (next && !OURS.test(path)) return next();
    open.api.handle(request, response);
  };

  #refuse(request: IncomingMessage, response: ServerResponse, error: CrmError): void {
    const { status, headers, body } = toProblem(error, this.#services.ids.next());
    const connection = this.#open ? {} : { connection: "close" };
    response.writeHead(status, { ...headers, ...connection, "content-length": Buffer.byteLength(body) });
    response.end(request.method === "HEAD" ? undefined : body);
    discardRest(request);
  }
}

/** Requests name a path; through proxies some name a whole URL. */
function pathOf(url: string): string {
  const mark = url.indexOf("?");
  const path = mark === -1 ? url : url.slice(0, mark);
  return path.startsWith("/") || !URL.canParse(path) ? path : new URL(path).pathname;
}

function closed(): CrmError {
  return new CrmError("CRM_HTTP_CLOSED", "The application does not take requests now.", {
    status: 503,
    retryable: true,
    retryAfterMs: RETRY_AFTER_MS,
  });
}
