import { CrmError, type Plugin, definePlugin } from "@crmessenger/kernel";
import { HttpClient, type HttpRequest, type HttpResponse } from "@crmessenger/kernel/infrastructure";

/** A request and its answer, as JSON can hold them: what a recording consists of. */
export interface HttpExchange {
  readonly request: { readonly method: HttpRequest["method"]; readonly url: string; readonly body?: string };
  readonly response: {
    readonly status: number;
    readonly headers?: Readonly<Record<string, string>>;
    /** As UTF-8, unless `encoding` says that it is base64. */
    readonly body?: string;
    readonly encoding?: "base64";
  };
}

/** An HttpClient that answers from a recording and calls nobody. */
export interface RecordedHttp extends HttpClient {
  /** What was asked, in order. */
  readonly requests: readonly HttpRequest[];
  /** Exchanges that nobody has asked for yet. */
  unused(): readonly HttpExchange[];
  /** A plugin that provides this as the HttpClient. */
  plugin(): Plugin;
}

/**
 * Serves recorded exchanges, each once: the first unused one of the same method and URL, and of the same body where the
 * recording has one. Anything else is `CRM_TEST_UNEXPECTED_REQUEST`, which names what was still expected.
 */
export function createRecordedHttp(exchanges: readonly HttpExchange[]): RecordedHttp {
  const rest = [...exchanges];
  const requests: HttpRequest[] = [];
  const client: RecordedHttp = {
    requests,
    unused: () => [...rest],
    async request(request) {
      requests.push(request);
      const at = rest.findIndex((exchange) => isAnswerTo(exchange, request));
      const [exchange] = at < 0 ? [] : rest.splice(at, 1);
      if (exchange) return responseOf(exchange);
      throw unexpected(request, rest);
    },
    plugin() {
      const plugin = definePlugin({
        id: "testing-recorded-http",
        version: "1.0.0",
        provides: { http: HttpClient },
        boot: () => ({ provide: { http: client } }),
      });
      return plugin();
    },
  };
  return client;
}

/** A client that passes requests on and keeps a recording of them, and the recording so far. */
export interface HttpRecorder {
  readonly client: HttpClient;
  readonly exchanges: readonly HttpExchange[];
}

const KEPT_HEADERS = ["content-type", "location", "retry-after", "etag"];

/**
 * Records what goes through `client`, for `createRecordedHttp`. Of the headers only those are kept that say how to read
 * the answer; `redact` may take secrets out of URLs and bodies. Requests that fail are not recorded.
 */
export function recordHttp(client: HttpClient, redact: (text: string) => string = (text) => text): HttpRecorder {
  const exchanges: HttpExchange[] = [];
  return {
    exchanges,
    client: {
      async request(request) {
        const response = await client.request(request);
        exchanges.push(exchangeOf(request, response, redact));
        return response;
      },
    },
  };
}

function exchangeOf(request: HttpRequest, response: HttpResponse, redact: (text: string) => string): HttpExchange {
  const body = textOf(request.body);
  const headers = Object.fromEntries(Object.entries(response.headers).filter(([name]) => KEPT_HEADERS.includes(name)));
  const bytes = Buffer.from(response.body);
  const text = bytes.toString();
  const content = Buffer.from(text).equals(bytes)
    ? { body: redact(text) }
    : { body: bytes.toString("base64"), encoding: "base64" as const };
  const { method, url } = request;
  return {
    request: { method, url: redact(url), ...(body === undefined ? {} : { body: redact(body) }) },
    response: { status: response.status, headers, ...content },
  };
}

function isAnswerTo({ request: recorded }: HttpExchange, request: HttpRequest): boolean {
  if (recorded.method !== request.method || recorded.url !== request.url) return false;
  return recorded.body === undefined || recorded.body === textOf(request.body);
}

function textOf(body: HttpRequest["body"]): string | undefined {
  return body === undefined || typeof body === "string" ? body : Buffer.from(body).toString();
}

function responseOf({ response }: HttpExchange): HttpResponse {
  const { status, headers = {}, body = "", encoding } = response;
  return { status, headers, body: new Uint8Array(Buffer.from(body, encoding ?? "utf8")) };
}

function unexpected({ method, url }: HttpRequest, rest: readonly HttpExchange[]): CrmError {
  const expected = rest.map(({ request }) => `${request.method} ${request.url}`);
  const left = expected.length === 0 ? "Nothing more was expected." : `Still expected: ${expected.join(", ")}.`;
  return new CrmError("CRM_TEST_UNEXPECTED_REQUEST", `The recording has no answer to ${method} ${url}. ${left}`, {
    details: { method, url, expected },
  });
}
