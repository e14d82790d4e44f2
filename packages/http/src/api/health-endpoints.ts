import type { HealthReport } from "@crmessenger/kernel";
import { isCrmError } from "@crmessenger/kernel";
import { authenticate } from "../request/caller.ts";
import type { ApiServices } from "./api-services.ts";
import { type ApiContext, type Endpoint, sendJson } from "./koa.ts";

/**
 * For load balancers and people: `/health` says how every plugin is, with reasons for those who are signed in;
 * `/ready` whether to send requests here.
 */
export function healthEndpoints(services: ApiServices): readonly Endpoint[] {
  const { view } = services;
  return [
    {
      method: "GET",
      path: "/health",
      name: "health",
      async handle(ctx) {
        const report = await view.health();
        const shown = (await isSignedIn(services, ctx)) ? report : withoutReasons(report);
        sendJson(ctx, report.status === "down" ? 503 : 200, shown);
      },
    },
    {
      method: "GET",
      path: "/ready",
      name: "ready",
      handle(ctx) {
        const ready = view.isReady();
        sendJson(ctx, ready ? 200 : 503, { ready });
      },
    },
  ];
}

async function isSignedIn({ authenticator }: ApiServices, ctx: ApiContext): Promise<boolean> {
  if (ctx.headers.authorization === undefined) return false;
  try {
    await authenticate(authenticator, ctx.headers, ctx.state.context);
    return true;
  } catch (error) {
    if (isCrmError(error)) return false; // health is asked for just when things, the authenticator included, don't work
    throw error;
  }
}

/** Reasons may name hosts and directories. */
function withoutReasons({ status, plugins }: HealthReport): HealthReport {
  return {
    status,
    plugins: Object.fromEntries(Object.entries(plugins).map(([id, health]) => [id, { status: health.status }])),
  };
}
