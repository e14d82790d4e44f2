import type { IncomingHttpHeaders } from "node:http";
import { DEFAULT_TENANT, type ExecutionContext, runWithContext, systemActor } from "@crmessenger/kernel";
import type { AccessSubject, Authenticator } from "@crmessenger/kernel/iam";
import { notServed, unauthenticated } from "../problem/http-problems.ts";
import { introducedSubject } from "./introductions.ts";

/** Who calls, and the context in which what they ask for runs. */
export interface Caller {
  readonly subject: AccessSubject;
  readonly context: ExecutionContext;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const BEARER = /^Bearer +([\x21-\x7e]+) *$/i;
const DEFAULT_LOCALE = "en";

/**
 * The context of a request before it is known who sent it: the system's, for asking the authenticator and for
 * nothing else. A correlation id that the caller sends is kept when it is a UUID.
 */
export function requestContext(headers: IncomingHttpHeaders, nextId: () => string): ExecutionContext {
  const given = headers["x-correlation-id"];
  return {
    tenantId: DEFAULT_TENANT,
    actor: systemActor,
    correlationId: typeof given === "string" && UUID.test(given) ? given.toLowerCase() : nextId(),
    causationId: null,
    locale: localeFrom(headers["accept-language"]),
  };
}

/**
 * Finds out who calls: whom the server around us introduced, or else who sent a bearer token, session or API key.
 * Otherwise it is `CRM_IAM_UNAUTHENTICATED`.
 */
export async function authenticate(
  authenticator: Authenticator | undefined,
  headers: IncomingHttpHeaders,
  context: ExecutionContext,
): Promise<Caller> {
  const subject = (await introducedSubject(headers)) ?? (await subjectOfToken(authenticator, headers, context));
  return {
    subject,
    context: { ...context, tenantId: subject.tenantId, actor: { kind: subject.kind, id: subject.id }, subject },
  };
}

function subjectOfToken(
  authenticator: Authenticator | undefined,
  headers: IncomingHttpHeaders,
  context: ExecutionContext,
): Promise<AccessSubject> {
  if (!authenticator) throw notServed("Authenticator: add a plugin that provides it, such as iam()");
  const token = bearerToken(headers);
  return runWithContext(context, () => authenticator.authenticate(token));
}

export function bearerToken(headers: IncomingHttpHeaders): string {
  const { authorization } = headers;
  if (authorization === undefined) throw unauthenticated("Sign in, and send the token as `Authorization: Bearer …`.");
  const token = BEARER.exec(authorization)?.[1];
  if (token === undefined) throw unauthenticated("The Authorization header must be `Bearer` and a token.");
  return token;
}

/** The caller's first language, where it is one. */
function localeFrom(header: string | undefined): string {
  const first = header?.split(",", 1)[0]?.split(";", 1)[0]?.trim() ?? "";
  if (first === "" || first === "*") return DEFAULT_LOCALE;
  try {
    return Intl.getCanonicalLocales(first)[0] ?? DEFAULT_LOCALE;
  } catch {
    return DEFAULT_LOCALE; // no language tag
  }
}
