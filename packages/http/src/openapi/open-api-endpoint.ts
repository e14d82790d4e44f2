import { apiPrefix } from "../api/api-version.ts";
import type { ApiServices } from "../api/api-services.ts";
import type { Endpoint } from "../api/koa.ts";
import { version as packageVersion } from "../version.ts";
import { createOpenApi } from "./create-open-api.ts";

/** The description of a version of the API for people, clients and generators. It is made when it is first asked for. */
export function openApiEndpoint({ bus }: ApiServices, version: number): Endpoint {
  let document: string | undefined;
  return {
    method: "GET",
    path: `${apiPrefix(version)}/openapi.json`,
    name: "openapi",
    handle(ctx) {
      document ??= JSON.stringify(createOpenApi(bus.operations(), version, packageVersion));
      ctx.set({ "content-type": "application/json; charset=utf-8", "cache-control": "no-cache" });
      ctx.body = document;
    },
  };
}
