import { parse } from "qs";
import type { HttpRequest } from "../http/listen.ts";
import { Problem, problem } from "../http/problem.ts";
import { json, type Reply } from "../http/reply.ts";
import type { World } from "../world/world.ts";
import { oauthProblem, type OAuthServer } from "./oauth-server.ts";
import type { Owner } from "./owner.ts";

/** What the OAuth pages need to know. */
export interface OAuthPages {
  readonly oauth: OAuthServer;
  readonly owner: Owner;
  readonly world: World;
  /** Host (with port) of the account. */
  readonly host: () => string;
}

/** Answers `/oauth` (the consent page) and `/oauth2/*`. Throws a {@link Problem}. */
export function answerOAuth(pages: OAuthPages, request: HttpRequest): Reply {
  const route = `${request.method} ${request.path}`;
  switch (route) {
    case "GET /oauth":
      return consentPage(pages, request);
    case "GET /oauth/allow":
    case "GET /oauth/deny":
      return decide(pages, request);
    case "POST /oauth2/access_token":
      return json(pages.oauth.exchange(bodyOf(request)));
    case "GET /oauth2/account/current/subdomain":
      return subdomainByRefreshToken(pages, request);
    case "GET /oauth2/account/subdomain":
      pages.oauth.caller(request.headers.authorization);
      return subdomain(pages);
    default:
      throw problem(404, `Nothing answers ${route}`);
  }
}

function consentPage(pages: OAuthPages, request: HttpRequest): Reply {
  if (pages.owner.autoConsent) return decide(pages, { ...request, path: "/oauth/allow" });
  const { clientId, state } = consentQuery(request);
  const integration = integrationOf(pages, clientId);
  const query = new URLSearchParams({ client_id: clientId, ...(state === undefined ? {} : { state }) });
  const name = integration.name.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  const body =
    `<!doctype html><meta charset="utf-8"><title>${name}</title><h1>${name}</h1>` +
    `<p>The application asks for access to the account ${pages.world.account.subdomain}.</p>` +
    `<p><a href="/oauth/allow?${query}">Allow</a> <a href="/oauth/deny?${query}">Deny</a></p>`;
  return { status: 200, contentType: "text/html; charset=utf-8", body };
}

function decide(pages: OAuthPages, request: HttpRequest): Reply {
  const { clientId, state } = consentQuery(request);
  integrationOf(pages, clientId);
  const location = request.path.endsWith("/deny")
    ? pages.owner.refusalLocation(clientId, state)
    : pages.owner.consentLocation(clientId, state).location;
  return { status: 302, headers: { location } };
}

function consentQuery(request: HttpRequest): { clientId: string; state: string | undefined } {
  const query = new URLSearchParams(request.query);
  return { clientId: query.get("client_id") ?? "", state: query.get("state") ?? undefined };
}

function integrationOf(pages: OAuthPages, clientId: string): { readonly name: string } {
  try {
    return pages.oauth.integration(clientId);
  } catch {
    throw problem(404, "No such integration");
  }
}

function bodyOf(request: HttpRequest): Record<string, unknown> {
  const text = request.body.toString("utf8");
  if (request.headers["content-type"]?.includes("application/x-www-form-urlencoded") === true) {
    return parse(text) as Record<string, unknown>;
  }
  try {
    const body: unknown = JSON.parse(text);
    if (typeof body === "object" && body !== null && !Array.isArray(body)) return body as Record<string, unknown>;
  } catch {
    // An unreadable body lacks every parameter, and is refused like one that does.
  }
  throw oauthProblem(400, "Check the request body");
}

function subdomainByRefreshToken(pages: OAuthPages, request: HttpRequest): Reply {
  const token = request.headers["x-refresh-token"];
  if (typeof token !== "string" || !pages.oauth.isUsableRefreshToken(token)) {
    throw new Problem(401, oauthProblem(401, "Token has been revoked").body);
  }
  return subdomain(pages);
}

function subdomain(pages: OAuthPages): Reply {
  const { id, subdomain: name } = pages.world.account;
  return json({ id, subdomain: name, domain: pages.host(), top_level_domain: "ru" });
}
