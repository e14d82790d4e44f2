import { CrmError, definePlugin } from "@crmessenger/kernel";
import { HttpClient, type HttpRequest, type HttpResponse, systemClock } from "@crmessenger/kernel/infrastructure";
import { createHttpClient } from "@crmessenger/node";

/** The real HTTP client, watched, and made to fail when a test says so. */
export class WatchedClient implements HttpClient {
  readonly sent: HttpRequest[] = [];
  /** Thrown instead of sending; undefined sends. */
  before: (request: HttpRequest) => Error | undefined = () => undefined;
  /** The status of an answer that is not asked for. */
  instead: (request: HttpRequest) => number | undefined = () => undefined;
  /** Thrown although it was sent and answered. */
  after: (request: HttpRequest) => Error | undefined = () => undefined;
  readonly #client = createHttpClient(systemClock, { allowedHosts: ["127.0.0.1"] });

  async request(request: HttpRequest): Promise<HttpResponse> {
    const refused = this.before(request);
    if (refused !== undefined) throw refused;
    this.sent.push(request);
    const status = this.instead(request);
    if (status !== undefined) return { status, headers: {}, body: new Uint8Array() };
    const response = await this.#client.request(request);
    const lost = this.after(request);
    if (lost !== undefined) throw lost;
    return response;
  }

  plugin() {
    return definePlugin({
      id: "watched-client",
      version: "1.0.0",
      provides: { http: HttpClient },
      boot: () => ({ provide: { http: this }, stop: () => this.#client.close(0) }),
    })();
  }
}

/** The failure of a request that nobody got. */
export function notSent(): CrmError {
  return new CrmError("CRM_HTTP_UNREACHABLE", "Nothing was sent.", {
    retryable: true,
    details: { outcome: "not-sent" },
  });
}

/** The failure of a request that somebody may have got. */
export function lostAnswer(): CrmError {
  return new CrmError("CRM_HTTP_INTERRUPTED", "The answer was lost.", {
    retryable: true,
    details: { outcome: "unknown" },
  });
}
