import { once } from "node:events";
import { requestHandler } from "@crmessenger/http";
import type { Kernel } from "@crmessenger/kernel";
import type Koa from "koa";
import { type Sessions, sessionToken } from "../shop/sessions.ts";
import { subjectOf } from "./shop-access.ts";

/** CRMessenger's API and its plugins' routes below a prefix, for whoever is signed in to the shop. */
export function mountCrm(prefix: string, kernel: Kernel, sessions: Sessions): Koa.Middleware {
  const handle = requestHandler(kernel, {
    subjectOf: async (request) => {
      const staff = await sessions.staffBy(sessionToken(request));
      return staff && subjectOf(staff);
    },
  });
  return async (ctx, next) => {
    if (!ctx.path.startsWith(`${prefix}/`)) return next();
    ctx.respond = false; // the handler answers, not Koa
    ctx.req.url = ctx.url.slice(prefix.length);
    const answered = once(ctx.res, "close");
    handle(ctx.req, ctx.res);
    await answered;
  };
}
