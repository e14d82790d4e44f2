import type Koa from "koa";
import { isCrmError } from "@crmessenger/kernel";
import { methodNotAllowed, notFound, unknownApiVersion } from "../problem/http-problems.ts";
import { logFailure } from "../problem/log-failure.ts";
import { isOurs, toProblem } from "../problem/to-problem.ts";
import { requestContext } from "../request/caller.ts";
import { discardRest } from "../request/read-body.ts";
import type { ApiServices } from "./api-services.ts";
import type { ApiContext, ApiState } from "./koa.ts";

/** The outermost middleware: gives the request its context, and makes a problem document of whatever goes wrong. */
export function answerProblems(
  services: Pick<ApiServices, "ids" | "logger">,
  versions: readonly number[],
): Koa.Middleware<ApiState> {
  return async (ctx, next) => {
    const context = requestContext(ctx.headers, () => services.ids.next());
    ctx.state.context = context;
    ctx.set({
      "x-correlation-id": context.correlationId,
      "x-content-type-options": "nosniff",
      "cache-control": "no-store",
    });
    try {
      await next();
      refuseUnanswered(ctx, versions);
    } catch (error) {
      answer(ctx, services, error);
    }
  };
}

/** The router leaves a bare status when no endpoint answers. */
function refuseUnanswered(ctx: ApiContext, versions: readonly number[]): void {
  if (ctx.respond === false || ctx.body !== undefined || ctx.status < 400) return;
  const asked = /^\/api\/(v\d+)(\/|$)/.exec(ctx.path)?.[1];
  const known = versions.map((version) => `v${version}`);
  if (asked !== undefined && !known.includes(asked)) throw unknownApiVersion(asked, known);
  if (ctx.status === 405) throw methodNotAllowed(ctx.method, ctx.response.get("allow").split(", "));
  throw notFound(ctx.method, ctx.path);
}

function answer(ctx: ApiContext, { logger }: Pick<ApiServices, "logger">, error: unknown): void {
  const { correlationId } = ctx.state.context;
  if (isCrmError(error, "CRM_HTTP_ABORTED")) {
    ctx.respond = false;
    ctx.res.destroy();
    return;
  }
  if (isOurs(error)) logFailure(logger, `${ctx.method} ${ctx.path}`, { correlationId, error });
  if (ctx.headerSent) {
    ctx.respond = false;
    ctx.res.destroy();
    return;
  }
  const { status, headers, body } = toProblem(error, correlationId);
  ctx.respond = true;
  ctx.status = status;
  ctx.set(headers);
  ctx.body = body;
  discardRest(ctx.req);
}
