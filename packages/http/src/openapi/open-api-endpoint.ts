import { API_PREFIX } from "../api/api-prefix.ts";
import type { ApiServices } from "../api/api-services.ts";
import type { Endpoint } from "../api/koa.ts";
import { version } from "../version.ts";
import { createOpenApi } from "./create-open-api.ts";

/** The description of the API for people, clients and generators. It is made when it is first asked for. */
export function openApiEndpoint({ bus }: ApiServices): Endpoint {
  let document: string | undefined;
  return {
    method: "GET",
    path: `${API_PREFIX}/openapi.json`,
    name: "openapi",
    handle(ctx) {
      document ??= JSON.stringify(createOpenApi(bus.operations(), version));
      ctx.set({ "content-type": "application/json; charset=utf-8", "cache-control": "no-cache" });
      ctx.body = document;
    },
  };
}
