import { isCrmError } from "@crmessenger/kernel";
import type Koa from "koa";

/** An answer of the shop's own. */
export class HttpError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** The shop's error answers; those of CRMessenger's commands bring their status with them. */
export const answerErrors: Koa.Middleware = async (ctx, next) => {
  try {
    await next();
  } catch (error) {
    const known = error instanceof HttpError || isCrmError(error);
    ctx.status = known ? error.status : 500;
    const told = known && ctx.status < 500 ? error.message : "Something went wrong here.";
    ctx.body = { error: told, ...(isCrmError(error) ? { code: error.code } : {}) };
    if (ctx.status >= 500) console.error(error);
  }
};
