import { Router } from "@koa/router";
import type { Kernel } from "@crmessenger/kernel";
import { ListConversations } from "@crmessenger/kernel/communication";
import type Koa from "koa";
import type { Pool } from "pg";
import { z } from "zod";
import { actAs } from "../crm/act-as.ts";
import { HttpError } from "./answer-errors.ts";
import { listOrders, orderInput, placeOrder } from "./orders.ts";
import { readJson } from "./read-json.ts";
import { SESSION_COOKIE, type Sessions, sessionToken } from "./sessions.ts";
import type { Staff, StaffList } from "./staff.ts";

export interface Shop {
  readonly pool: Pool;
  readonly staff: StaffList;
  readonly sessions: Sessions;
  readonly kernel: Kernel;
}

const credentials = z.strictObject({ email: z.string(), password: z.string() });
/** Other sites can't make a browser send it. */
const COOKIE = { httpOnly: true, sameSite: "strict" } as const;

/** What the shop offers by itself. */
export function createRoutes({ pool, staff, sessions, kernel }: Shop): Router {
  const router = new Router();
  const signedIn = async (ctx: Koa.Context): Promise<Staff> => {
    const found = await sessions.staffBy(sessionToken(ctx.req));
    if (!found) throw new HttpError(401, "Sign in first.");
    return found;
  };

  router.post("/session", async (ctx) => {
    const { email, password } = await readJson(ctx.req, credentials);
    const found = await staff.find(email, password);
    if (!found) throw new HttpError(401, "The address or the password is wrong.");
    ctx.cookies.set(SESSION_COOKIE, await sessions.begin(found), COOKIE);
    ctx.body = found;
  });

  router.delete("/session", async (ctx) => {
    const token = sessionToken(ctx.req);
    if (token !== undefined) await sessions.end(token);
    ctx.cookies.set(SESSION_COOKIE, null, COOKIE);
    ctx.status = 204;
  });

  router.get("/inbox", async (ctx) => {
    const person = await signedIn(ctx);
    const { items } = await actAs(kernel, person, () => kernel.bus.ask(ListConversations, { limit: 20 }));
    ctx.body = items.map(({ id, leadId, lastMessageAt }) => ({ conversationId: id, leadId, lastMessageAt }));
  });

  router.get("/orders", async (ctx) => {
    await signedIn(ctx);
    ctx.body = await listOrders(pool);
  });

  router.post("/orders", async (ctx) => {
    const person = await signedIn(ctx);
    ctx.body = await placeOrder(kernel, person, await readJson(ctx.req, orderInput));
    ctx.status = 201;
  });

  return router;
}
