import { z } from "zod";
import { CrmError, runWithContext } from "@crmessenger/kernel";
import type { Authenticator } from "@crmessenger/kernel/iam";
import { apiPrefix } from "./api-version.ts";
import { notServed } from "../problem/http-problems.ts";
import { bearerToken } from "../request/caller.ts";
import type { ApiServices } from "./api-services.ts";
import { type Endpoint, sendJson } from "./koa.ts";
import { readJson } from "./read-json.ts";

export const credentials = z.strictObject({ email: z.string().min(1).max(320), password: z.string().min(1).max(200) });
const MAX_CREDENTIALS_BYTES = 4_096;

/** Signing in with a password, and out again. */
export function sessionEndpoints({ authenticator }: ApiServices, version: number): readonly Endpoint[] {
  return [
    {
      method: "POST",
      path: `${apiPrefix(version)}/sign-in`,
      name: "sign-in",
      async handle(ctx) {
        const given = checkCredentials(await readJson(ctx.req, MAX_CREDENTIALS_BYTES));
        const signIn = await runWithContext(ctx.state.context, () => required(authenticator).signIn(given));
        sendJson(ctx, 200, signIn);
      },
    },
    {
      method: "POST",
      path: `${apiPrefix(version)}/sign-out`,
      name: "sign-out",
      async handle(ctx) {
        const token = bearerToken(ctx.headers);
        await runWithContext(ctx.state.context, () => required(authenticator).signOut(token));
        ctx.status = 204;
      },
    },
  ];
}

function required(authenticator: Authenticator | undefined): Authenticator {
  if (authenticator) return authenticator;
  throw notServed("Authenticator: add a plugin that provides it, such as iam()");
}

function checkCredentials(body: unknown): z.output<typeof credentials> {
  const parsed = credentials.safeParse(body);
  if (parsed.success) return parsed.data;
  throw new CrmError("CRM_BUS_INVALID_INPUT", "Sign in with an e-mail address and a password.", {
    status: 422,
    details: { issues: parsed.error.issues.map(({ path, message }) => ({ path: path.join("."), message })) },
  });
}
