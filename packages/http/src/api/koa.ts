import type Koa from "koa";
import type { ExecutionContext } from "@crmessenger/kernel";

/** What the middleware before an endpoint leaves for it. */
export interface ApiState {
  /** Of the request, before it is known who sent it. */
  context: ExecutionContext;
}

/** A request to the API, as Koa passes it on. */
export type ApiContext = Koa.ParameterizedContext<ApiState>;

/** An endpoint with its place. */
export interface Endpoint {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Such as `/api/v1/leads/:id`. */
  readonly path: string;
  /** Who brings it, for telling two of one place apart. */
  readonly name: string;
  readonly handle: (ctx: ApiContext) => Promise<void> | void;
}

/** Answers with JSON. */
export function sendJson(ctx: ApiContext, status: number, value: unknown): void {
  ctx.status = status;
  ctx.set("content-type", "application/json; charset=utf-8");
  ctx.body = JSON.stringify(value);
}
