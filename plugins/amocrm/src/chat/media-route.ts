import { isCrmError } from "@crmessenger/kernel";
import type { Route, RouteResponse } from "@crmessenger/kernel/http";
import type { Storage } from "@crmessenger/kernel/infrastructure";
import type { MediaLinks } from "./media-links.ts";

/** Where amoCRM fetches the files of messages. */
export function mediaRoute(links: MediaLinks, storage: Storage): Route {
  return {
    method: "GET",
    path: "/hooks/amocrm/media/:token",
    authentication: "none",
    async handle({ params }) {
      const path = links.pathOf(params["token"] ?? "");
      const file = path === undefined ? undefined : await storage.stat(path);
      if (path === undefined || file === undefined) return missing;
      try {
        const body = await storage.get(path);
        // What a customer sent is never run in our own origin.
        const headers = {
          "content-type": file.mimeType,
          "content-length": String(file.size),
          "content-disposition": "attachment",
          "x-content-type-options": "nosniff",
        };
        return { status: 200, headers, body };
      } catch (error) {
        if (isCrmError(error, "CRM_STORAGE_NOT_FOUND")) return missing;
        throw error;
      }
    },
  };
}

const missing: RouteResponse = { status: 404, headers: { "content-type": "text/plain" }, body: "No such file" };
