import type { IncomingMessage, ServerResponse } from "node:http";
import type { RouteRequest } from "@crmessenger/kernel/http";
import type { AccessSubject } from "@crmessenger/kernel/iam";

/** A request as a route gets it. What few routes ask for, query and signal, is made when it is asked for. */
export class RouteCall implements RouteRequest {
  readonly method: string;
  readonly url: string;
  readonly params: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  readonly subject?: AccessSubject;
  readonly #response: ServerResponse;
  #query: URLSearchParams | undefined;
  #aborter: AbortController | undefined;

  constructor(
    request: IncomingMessage,
    response: ServerResponse,
    given: {
      readonly params: Readonly<Record<string, string>>;
      readonly body: Uint8Array;
      readonly subject?: AccessSubject;
    },
  ) {
    this.method = request.method ?? "GET";
    this.url = request.url ?? "/";
    this.params = given.params;
    this.headers = textHeaders(request);
    this.body = given.body;
    if (given.subject) this.subject = given.subject;
    this.#response = response;
  }

  get query(): URLSearchParams {
    const mark = this.url.indexOf("?");
    this.#query ??= new URLSearchParams(mark === -1 ? "" : this.url.slice(mark + 1));
    return this.#query;
  }

  get signal(): AbortSignal {
    if (this.#aborter) return this.#aborter.signal;
    const aborter = new AbortController();
    const response = this.#response;
    const onClose = () => {
      if (!response.writableFinished) aborter.abort(new Error("The caller went away."));
    };
    if (response.destroyed) onClose();
    else response.once("close", onClose);
    this.#aborter = aborter;
    return aborter.signal;
  }
}

/** Node joins repeated headers itself, all but Set-Cookie, which requests don't have. */
function textHeaders({ headers }: IncomingMessage): Readonly<Record<string, string>> {
  if (headers["set-cookie"] === undefined) return headers as Readonly<Record<string, string>>;
  const { "set-cookie": cookies, ...rest } = headers;
  return { ...(rest as Readonly<Record<string, string>>), "set-cookie": cookies.join(", ") };
}
