import { type Operation, runWithContext } from "@crmessenger/kernel";
import type { MessageBus } from "@crmessenger/kernel/infrastructure";
import type { ApiServices } from "../api/api-services.ts";
import { apiPrefix, inApiVersion } from "../api/api-version.ts";
import { type ApiContext, type Endpoint, sendJson } from "../api/koa.ts";
import { readJson } from "../api/read-json.ts";
import { badRequest } from "../problem/http-problems.ts";
import { authenticate } from "../request/caller.ts";
import { type FieldKind, fieldKinds, readField } from "./query-fields.ts";

const MAX_KEY_LENGTH = 200;
const KEY = /^[\x21-\x7e]+$/;

/** The endpoints of all operations that a version of the API offers. */
export function operationEndpoints(services: ApiServices, version: number): readonly Endpoint[] {
  return services.bus.operations().flatMap((operation) => {
    const offered = inApiVersion(operation, version);
    return (offered && operationEndpoint(services, offered, apiPrefix(version))) ?? [];
  });
}

function operationEndpoint(services: ApiServices, operation: Operation, prefix: string): Endpoint | undefined {
  const { http, name } = operation;
  if (!http) return undefined;
  let found: ReadonlyMap<string, FieldKind> | undefined;
  return {
    method: http.method,
    path: prefix + http.path,
    name,
    async handle(ctx) {
      const { authenticator, bus, limits } = services;
      const caller = await authenticate(authenticator, ctx.headers, ctx.state.context);
      const kinds = (found ??= fieldKinds(operation.input));
      const fields = takesBody(http.method) ? await readJson(ctx.req, limits.maxJsonBytes) : readQuery(ctx, kinds);
      const input = { ...fields, ...readParams(ctx, kinds) };
      const output = await runWithContext(caller.context, () => execute(bus, operation, input, ctx));
      sendJson(ctx, http.status ?? 200, output);
    },
  };
}

/** Whether the input comes in the body, rather than in the query. */
export function takesBody(method: string): boolean {
  return method !== "GET" && method !== "DELETE";
}

function execute(bus: MessageBus, operation: Operation, input: unknown, ctx: ApiContext) {
  const key = ctx.get("idempotency-key");
  if (operation.kind === "query" || key === "") return bus.execute(operation, input);
  if (key.length > MAX_KEY_LENGTH || !KEY.test(key)) {
    throw badRequest(`An Idempotency-Key is up to ${MAX_KEY_LENGTH} visible ASCII characters, such as a UUID.`);
  }
  return bus.execute(operation, input, { idempotencyKey: key });
}

function readQuery(ctx: ApiContext, kinds: ReadonlyMap<string, FieldKind>): Record<string, unknown> {
  const query = new URLSearchParams(ctx.querystring);
  const fields: Record<string, unknown> = {};
  for (const name of new Set(query.keys())) {
    fields[name] = readField(
      name,
      kinds.get(name) ?? "text",
      query.getAll(name).map((text) => refuseNul(name, text)),
    );
  }
  return fields;
}

function readParams(ctx: ApiContext, kinds: ReadonlyMap<string, FieldKind>): Record<string, unknown> {
  const params = ctx["params"] as Readonly<Record<string, string>>;
  return Object.fromEntries(
    Object.entries(params).map(([name, text]) => [
      name,
      readField(name, kinds.get(name) ?? "text", [refuseNul(name, text)]),
    ]),
  );
}

/** A NUL finds nothing in any database and is an error in some. */
function refuseNul(name: string, text: string): string {
  if (text.includes("\0")) throw badRequest(`The field "${name}" holds a NUL character.`);
  return text;
}
