import { answerChats, type ChatsParts, isChatsPath } from "./chats/chats-api.ts";
import type { AccountGuard } from "./faults/account-guard.ts";
import type { FaultPlan } from "./faults/faults.ts";
import type { HttpRequest, Outcome } from "./http/listen.ts";
import { Problem, problem } from "./http/problem.ts";
import { json, problemReply, type Reply } from "./http/reply.ts";
import { answerOAuth, type OAuthPages } from "./oauth/oauth-routes.ts";
import { answerRest, isRestPath } from "./rest/rest-api.ts";
import type { RestWorld } from "./rest/rest-request.ts";
import type { RateWindow } from "./faults/rate-window.ts";

/** Everything that answers requests. */
export interface GatewayParts extends OAuthPages {
  readonly rest: RestWorld;
  readonly chatsApi: ChatsParts;
  readonly guard: AccountGuard;
  readonly chatsRate: RateWindow;
  readonly faults: FaultPlan;
}

type Area = "rest" | "chats" | "oauth";

/** Takes every request: lets faults have it, or leads it to the part that answers. */
export function gateway(parts: GatewayParts): (request: HttpRequest) => Promise<Outcome> {
  return async (request) => {
    if (request.path.startsWith("/attachments/")) return parts.chatsApi.media.serve(request.path);
    const area = areaOf(request.path);
    const fate = isPage(request.path) ? "ok" : parts.faults.nextRequest(area);
    switch (fate) {
      case "break-before":
        return { breakAfterMs: parts.faults.holdMs };
      case "5xx":
        return refusal(area, problem(parts.faults.nextServerError(), "The service is temporarily unavailable"));
      case "429":
        return refusal(area, problem(429, "Too many requests"));
      case "break-after":
        answer(parts, area, request);
        return { breakAfterMs: parts.faults.holdMs };
      default:
        return answer(parts, area, request);
    }
  };
}

function areaOf(path: string): Area {
  if (isChatsPath(path)) return "chats";
  return isRestPath(path) ? "rest" : "oauth";
}

/** Pages are for people, who would just try again. */
function isPage(path: string): boolean {
  return path === "/oauth" || path.startsWith("/oauth/");
}

function answer(parts: GatewayParts, area: Area, request: HttpRequest): Reply {
  try {
    if (area === "chats") {
      if (!parts.chatsRate.take()) throw problem(429, "Too many requests");
      return answerChats(parts.chatsApi, request);
    }
    const blockade = parts.guard.blockade();
    if (blockade !== undefined) throw blockade;
    if (area === "oauth") return answerOAuth(parts, request);
    const caller = parts.oauth.caller(request.headers.authorization);
    const refused = parts.guard.admit();
    if (refused !== undefined) throw refused;
    return answerRest(parts.rest, request, caller);
  } catch (error) {
    if (error instanceof Problem) return refusal(area, error);
    throw error;
  }
}

/** The chats API refuses in plain JSON, everything else with a problem document. */
function refusal(area: Area, error: Problem): Reply {
  return area === "chats" ? json(error.body, error.status) : problemReply(error.status, error.body);
}
