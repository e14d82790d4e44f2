import { createHash } from "node:crypto";
import { executionContext, runInContext } from "../context/execution-context.ts";
import { CrmError, isCrmError, toCrmError } from "../errors/crm-error.ts";
import type { AroundHook, ObserveHook } from "../hooks/hook.ts";
import type { PermissionManager } from "../iam/permission-manager.ts";
import { type Criteria, everything, nothing } from "../infrastructure/criteria.ts";
import type { Idempotency, IdempotencyClaim } from "../infrastructure/idempotency.ts";
import type { Ids } from "../infrastructure/ids.ts";
import type { Json } from "../infrastructure/json.ts";
import type { UnitOfWork } from "../infrastructure/unit-of-work.ts";
import type { CommandContext, Handler, QueryContext } from "./handler.ts";
import type { OperationCall, OperationOutcome } from "./kernel-hooks.ts";
import type { DispatchOptions, MessageBus } from "./message-bus.ts";
import { type Operation, operationAt } from "./operation.ts";
import { covers } from "./permission-pattern.ts";
import { secretFieldsOf } from "./secret-fields.ts";
import { inputUp, keptAnswer, openAnswer, outputAs } from "./serve-earlier.ts";

export interface BusServices {
  readonly ids: Ids;
  readonly handlers: ReadonlyMap<string, Handler>;
  readonly permissions: () => PermissionManager | undefined;
  readonly unitOfWork: () => UnitOfWork;
  readonly idempotency: () => Idempotency;
  readonly around: AroundHook<OperationCall, Json>;
  readonly ended: ObserveHook<OperationOutcome>;
}

const CONFLICT_RETRIES = 3;

export function createMessageBus(services: BusServices): MessageBus {
  const execute = (operation: Operation, input: unknown, options: DispatchOptions = {}): Promise<Json> => {
    const handler = services.handlers.get(operation.name);
    if (!handler) return Promise.reject(noHandler(operation));
    return serve(services, handler, { version: operation.version, input }, options);
  };
  return {
    dispatch: (command, input, options) => execute(command as unknown as Operation, input, options) as Promise<never>,
    ask: (query, input) => execute(query as unknown as Operation, input) as Promise<never>,
    execute,
    operations: () => [...services.handlers.values()].map((handler) => handler.operation),
  };
}

/** What a caller asks for: an operation in the version that the caller was written for. */
interface Request {
  readonly version: number;
  readonly input: unknown;
}

/** Everything behind this sees the current version alone: hooks, permissions, the handler. */
async function serve(
  services: BusServices,
  handler: Handler,
  { version, input }: Request,
  options: DispatchOptions,
): Promise<Json> {
  const { operation } = handler;
  const asked = parse(operationAt(operation, version), input);
  const current = version === operation.version ? asked : parse(operation, inputUp(operation, version, asked));
  const call: Call = { operation, input: current, asked: { version, input: asked }, options };
  const run = () =>
    observed(services, { operation, input: current }, ({ input }) => carryOut(services, handler, { ...call, input }));
  const output = await (executionContext().correlationId === NO_CORRELATION
    ? runInContext({ correlationId: services.ids.next() }, run)
    : run());
  return outputAs(operation, output, operation.version, version);
}

/** A call on its way: its input in the current version, and as it was asked for. */
interface Call extends OperationCall {
  readonly asked: { readonly version: number; readonly input: Json };
  readonly options: DispatchOptions;
}

function parse(operation: Operation, input: unknown): Json {
  const parsed = operation.input.safeParse(input);
  if (parsed.success) return parsed.data;
  throw invalidInput(operation, parsed.error.issues);
}

const NO_CORRELATION = "00000000-0000-7000-8000-000000000000";

async function observed(
  services: BusServices,
  call: OperationCall,
  work: (call: OperationCall) => Promise<Json>,
): Promise<Json> {
  if (services.ended.taps.length === 0) return wrapped(services, call, work);
  const started = performance.now();
  const end = (errorCode?: string) =>
    void services.ended.notify({
      ...shown(call),
      milliseconds: performance.now() - started,
      ...(errorCode === undefined ? {} : { errorCode }),
    });
  try {
    const output = await wrapped(services, call, work);
    end();
    return output;
  } catch (error) {
    end(toCrmError(error).code);
    throw error;
  }
}

/** Plugins around the operation see none of its secrets; the handler and the caller see them all. */
async function wrapped(
  { around }: BusServices,
  call: OperationCall,
  work: (call: OperationCall) => Promise<Json>,
): Promise<Json> {
  if (around.taps.length === 0) return work(call);
  const secrets = secretFieldsOf(call.operation);
  let answer: Json = null;
  const output = await around.run(shown(call), async ({ operation, input }) => {
    answer = await work({ operation, input: secrets.restore(input, call.input) });
    return secrets.hide(answer);
  });
  return secrets.restore(output, answer);
}

function shown({ operation, input }: OperationCall): OperationCall {
  return { operation, input: secretFieldsOf(operation).hide(input) };
}

async function carryOut(services: BusServices, handler: Handler, call: Call): Promise<Json> {
  const { operation, input } = call;
  await authorise(services, operation);
  if (operation.kind === "query") {
    const context: QueryContext = { scope: await scopeOf(services, operation) };
    return handler.run(input as never, context as never);
  }
  const context: CommandContext = { scope: () => scopeOf(services, operation) };
  const run = () => handler.run(input as never, context as never);
  if (handler.unitOfWork === "own") return run();
  return retryConflicts(() => services.unitOfWork().run(() => once(services, call, run)));
}

/** The system may do everything; a plugin what it declared; a user what the permission manager grants. */
async function authorise(services: BusServices, operation: Operation): Promise<void> {
  const { actor, subject } = executionContext();
  const { permission } = operation;
  if (permission === null || actor.kind === "system") return;
  if (subject?.permissions && !subject.permissions.some((pattern) => covers(pattern, permission))) {
    throw forbidden(operation, `${actor.kind} "${actor.id}" did not declare the permission`);
  }
  if (subject?.kind === "plugin") return;
  const permissions = services.permissions();
  if (!permissions || !subject)
    throw forbidden(operation, "nobody in this application can grant it: add a plugin that provides PermissionManager");
  const decision = await permissions.check({ subject, permission });
  if (!decision.granted) throw forbidden(operation, decision.reason);
}

async function scopeOf(services: BusServices, operation: Operation): Promise<Criteria> {
  const { actor, subject } = executionContext();
  if (actor.kind === "system" || operation.permission === null || subject?.kind === "plugin") return everything;
  if (!subject) return nothing;
  return (await services.permissions()?.scope(subject, operation.permission)) ?? nothing;
}

async function once(services: BusServices, call: Call, run: () => Promise<Json>): Promise<Json> {
  const { operation, options, input } = call;
  const { idempotencyKey } = options;
  if (idempotencyKey === undefined) return run();
  const { tenantId, actor } = executionContext();
  const claim: IdempotencyClaim = {
    tenantId,
    actor: `${actor.kind}:${actor.id}`,
    operation: operation.name,
    key: idempotencyKey,
    inputHash: hashOf(input),
  };
  const earlier = await claimOnce(services.idempotency(), claim, call);
  if (earlier) {
    const { output, version } = openAnswer(earlier.output);
    return outputAs(operation, output, version, operation.version);
  }
  const output = await run();
  await services.idempotency().complete(claim, keptAnswer(output, operation.version));
  return output;
}

/** An older caller may repeat what it asked for when its version was the current one: that was kept under that input. */
async function claimOnce(store: Idempotency, claim: IdempotencyClaim, { operation, asked }: Call) {
  try {
    return await store.claim(claim);
  } catch (error) {
    if (asked.version === operation.version || !isCrmError(error, "CRM_IDEMPOTENCY_MISMATCH")) throw error;
    return store.claim({ ...claim, inputHash: hashOf(asked.input) });
  }
}

function hashOf(input: Json): string {
  return createHash("sha256").update(canonical(input)).digest("hex");
}

/** Inside an outer unit of work nothing is retried here: its owner must run it again as a whole. */
async function retryConflicts(work: () => Promise<Json>): Promise<Json> {
  const retries = executionContext().unitOfWork ? 0 : CONFLICT_RETRIES;
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (attempt >= retries || !isCrmError(error, "CRM_UOW_CONFLICT")) throw error;
    }
  }
}

/** JSON with sorted keys: equal inputs have equal texts. */
function canonical(value: Json): string {
  return JSON.stringify(value, (_, part: unknown) =>
    part && typeof part === "object" && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}

function noHandler(operation: Operation): CrmError {
  return new CrmError(
    "CRM_BUS_NO_HANDLER",
    `Nothing in this application serves ${operation.name}. Add the plugin that does.`,
    { status: 501, details: { operation: operation.name } },
  );
}

function invalidInput(operation: Operation, issues: readonly { path: PropertyKey[]; message: string }[]): CrmError {
  const list = issues.map(({ path, message }) => ({ path: path.map(String).join("."), message }));
  const first = list[0];
  return new CrmError(
    "CRM_BUS_INVALID_INPUT",
    `The input of ${operation.name} is wrong${first ? ` at "${first.path}": ${first.message}` : ""}.`,
    {
      status: 422,
      details: { operation: operation.name, issues: list },
    },
  );
}

function forbidden(operation: Operation, reason: string): CrmError {
  return new CrmError(
    "CRM_IAM_FORBIDDEN",
    `${operation.name} needs the permission ${operation.permission ?? ""}: ${reason}.`,
    {
      status: 403,
      details: { operation: operation.name, permission: operation.permission },
    },
  );
}
