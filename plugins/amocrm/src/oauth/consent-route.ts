import { toCrmError } from "@crmessenger/kernel";
import type { Route, RouteResponse } from "@crmessenger/kernel/http";
import type { Logger } from "@crmessenger/kernel/infrastructure";
import type { Consent } from "./consent.ts";

/** Where amoCRM sends the owner's browser after the consent: the integration's redirect address. */
export function consentRoute(consent: Consent, logger: Logger, run: <T>(work: () => Promise<T>) => Promise<T>): Route {
  return {
    method: "GET",
    path: "/hooks/amocrm/oauth",
    authentication: "none",
    async handle({ query }) {
      try {
        const answer = { code: query.get("code"), state: query.get("state"), error: query.get("error") };
        await run(() => consent.take(answer));
        return page(200, "amoCRM is connected", "You can close this window.");
      } catch (error) {
        const failure = toCrmError(error);
        logger.warn(failure.message, { code: failure.code });
        const shown =
          failure.code === "CRM_AMOCRM_CONSENT" ? failure.message : "amoCRM could not be reached. Try again.";
        return page(failure.status, "amoCRM is not connected", shown);
      }
    },
  };
}

function page(status: number, title: string, text: string): RouteResponse {
  const body = `<!doctype html><meta charset="utf-8"><title>${escape(title)}</title><h1>${escape(title)}</h1><p>${escape(text)}</p>`;
  return { status, headers: { "content-type": "text/html; charset=utf-8", "cache-control": "no-store" }, body };
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
