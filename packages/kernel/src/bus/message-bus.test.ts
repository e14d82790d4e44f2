import { describe, expect, test } from "vitest";
import { z } from "zod";
import { type Kernel, createKernel } from "../boot/create-kernel.ts";
import { type ExecutionContext, executionContext } from "../context/execution-context.ts";
import { CrmError } from "../errors/crm-error.ts";
import type { AccessSubject } from "../iam/access-subject.ts";
import { type AccessRequest, PermissionManager } from "../iam/permission-manager.ts";
import { type Criteria, everything, nothing, where } from "../infrastructure/criteria.ts";
import { silentLogger } from "../infrastructure/logger.ts";
import { definePlugin } from "../plugin/define-plugin.ts";
import type { Plugin } from "../plugin/plugin.ts";
import { ProbeStorage } from "../probe-storage.test.fixture.ts";
import { type Handler, answer, handle } from "./handler.ts";
import { KernelHooks, type OperationOutcome } from "./kernel-hooks.ts";
import { defineCommand, defineQuery } from "./operation.ts";

const Ring = defineCommand({
  name: "testing.bell.ring",
  description: "Rings the bell.",
  input: z.object({
    times: z.number().int().min(1).default(1),
    note: z.object({ a: z.number(), b: z.number() }).exactOptional(),
  }),
  output: z.object({ sound: z.string() }),
  permission: "testing.bell.ring",
});

const Listen = defineQuery({
  name: "testing.bell.listen",
  description: "Listens.",
  input: z.object({}),
  output: z.object({ heard: z.boolean() }),
  permission: "testing.bell.listen",
});
const Look = defineQuery({
  name: "testing.bell.look",
  description: "Looks.",
  input: z.object({}),
  output: z.object({ seen: z.boolean() }),
  permission: null,
});

interface World {
  readonly kernel: Kernel;
  readonly storage: ProbeStorage;
  readonly rung: number[];
}

/** A kernel with a bell in it. */
async function bell(
  parts: {
    readonly handlers?: readonly Handler[];
    readonly plugins?: readonly Plugin[];
    readonly storage?: boolean;
  } = {},
): Promise<World & AsyncDisposable> {
  const storage = new ProbeStorage();
  const rung: number[] = [];
  const ring = handle(Ring, async ({ times }) => {
    rung.push(times);
    return { sound: "ding ".repeat(times).trim() };
  });
  const plugin = definePlugin({ id: "bell", version: "1.0.0", boot: () => ({ handlers: parts.handlers ?? [ring] }) });
  const plugins = [plugin(), ...(parts.storage === false ? [] : [storage.plugin()]), ...(parts.plugins ?? [])];
  const kernel = await createKernel({ plugins, logger: silentLogger, environment: {} });
  return { kernel, storage, rung, [Symbol.asyncDispose]: () => kernel.stop() };
}

const user: AccessSubject = { kind: "user", id: "u1", tenantId: "default", roles: [], teams: [] };

function asUser<T>({ kernel }: World, work: () => Promise<T>, subject: AccessSubject = user): Promise<T> {
  return kernel.run(work, { actor: { kind: subject.kind, id: subject.id }, subject });
}

/** Grants permissions that end in `ring`, and notes what it was asked. */
function gatekeeper(asked: AccessRequest[], scope: Criteria = everything): Plugin {
  const plugin = definePlugin({
    id: "gatekeeper",
    version: "1.0.0",
    provides: { permissions: PermissionManager },
    boot: () => ({
      provide: {
        permissions: {
          async check(request) {
            asked.push(request);
            return request.permission.endsWith("ring")
              ? { granted: true, reason: "" }
              : { granted: false, reason: "it is late" };
          },
          scope: async () => scope,
        },
      },
    }),
  });
  return plugin();
}

describe("dispatch", () => {
  test("validates, fills defaults in, runs the handler in a unit of work, and answers", async () => {
    await using world = await bell();
    expect(await world.kernel.bus.dispatch(Ring, { times: 2 })).toEqual({ sound: "ding ding" });
    expect(await world.kernel.bus.execute(Ring as never, {})).toEqual({ sound: "ding" });
    expect(world.storage.units).toEqual(["begin", "commit", "begin", "commit"]);
  });

  test("refuses what does not fit, before anything else happens", async () => {
    await using world = await bell();
    await expect(world.kernel.bus.execute(Ring as never, { times: 0 })).rejects.toMatchObject({
      code: "CRM_BUS_INVALID_INPUT",
      status: 422,
      message: expect.stringContaining('"times"'),
      details: { operation: "testing.bell.ring", issues: [{ path: "times", message: expect.any(String) }] },
    });
    await expect(world.kernel.bus.execute(Ring as never, "loudly")).rejects.toMatchObject({
      code: "CRM_BUS_INVALID_INPUT",
    });
    expect(world.storage.units).toEqual([]);
  });

  test("says when nothing serves an operation, and lists what is served", async () => {
    await using world = await bell();
    await expect(world.kernel.bus.ask(Look, {})).rejects.toMatchObject({
      code: "CRM_BUS_NO_HANDLER",
      status: 501,
      message: expect.stringContaining("testing.bell.look"),
    });
    expect(world.kernel.bus.operations()).toContain(Ring);
  });

  test("refuses two handlers of one operation at boot", async () => {
    const second = definePlugin({
      id: "second-bell",
      version: "1.0.0",
      boot: () => ({ handlers: [handle(Ring, async () => ({ sound: "dong" }))] }),
    });
    await expect(bell({ plugins: [second()] })).rejects.toMatchObject({
      code: "CRM_BUS_DUPLICATE_HANDLER",
      message: expect.stringContaining("second-bell"),
    });
  });

  test("rolls back when the handler fails, and rejects with its error", async () => {
    const refusal = new CrmError("CRM_TEST_TIRED", "Too tired.", { status: 409 });
    await using world = await bell({ handlers: [handle(Ring, () => Promise.reject(refusal))] });
    await expect(world.kernel.bus.dispatch(Ring, { times: 1 })).rejects.toBe(refusal);
    expect(world.storage.units).toEqual(["begin", "rollback"]);
  });

  test("leaves the unit of work to a handler that wants its own", async () => {
    await using world = await bell({
      handlers: [handle(Ring, async () => ({ sound: String(executionContext().unitOfWork) }), { unitOfWork: "own" })],
    });
    expect(await world.kernel.bus.dispatch(Ring, { times: 1 })).toEqual({ sound: "undefined" });
    expect(world.storage.units).toEqual([]);
  });

  test("needs a storage for commands, and says so", async () => {
    await using world = await bell({ storage: false });
    await expect(world.kernel.bus.dispatch(Ring, { times: 1 })).rejects.toMatchObject({
      code: "CRM_KERNEL_MISSING_CONTRACT",
      message: expect.stringContaining("infrastructure.unit-of-work@1"),
    });
  });

  test("gives what begins here a correlation of its own, and keeps one that there is", async () => {
    const contexts: ExecutionContext[] = [];
    await using world = await bell({
      handlers: [handle(Ring, async () => (contexts.push(executionContext()), { sound: "" }))],
    });
    await world.kernel.bus.dispatch(Ring, { times: 1 });
    await world.kernel.bus.dispatch(Ring, { times: 1 });
    await world.kernel.run(() => world.kernel.bus.dispatch(Ring, { times: 1 }), { correlationId: "mine" });
    const [first, second, third] = contexts.map(({ correlationId }) => correlationId);
    expect(new Set([first, second]).size).toBe(2);
    expect(third).toBe("mine");
  });
});

describe("conflicts", () => {
  const conflict = () => new CrmError("CRM_UOW_CONFLICT", "Deadlock.", { retryable: true, status: 409 });

  test("are tried again three times", async () => {
    await using world = await bell();
    world.storage.failCommits.push(conflict(), conflict(), conflict());
    expect(await world.kernel.bus.dispatch(Ring, { times: 1 })).toEqual({ sound: "ding" });
    expect(world.rung).toEqual([1, 1, 1, 1]);
  });

  test("are the caller's after that", async () => {
    await using world = await bell();
    world.storage.failCommits.push(conflict(), conflict(), conflict(), conflict());
    await expect(world.kernel.bus.dispatch(Ring, { times: 1 })).rejects.toMatchObject({ code: "CRM_UOW_CONFLICT" });
    expect(world.rung).toHaveLength(4);
  });

  test("inside another command are left to the outer one, which runs again as a whole", async () => {
    const Toll = defineCommand({ ...Ring, name: "testing.bell.toll", http: null });
    const rung: string[] = [];
    let failures = 1;
    let bus: Kernel["bus"] | undefined;
    const inner = handle(Ring, async () => {
      rung.push("inner");
      if (failures-- > 0) throw conflict();
      return { sound: "ding" };
    });
    const outer = handle(Toll, async () => {
      rung.push("outer");
      return (await bus?.dispatch(Ring, { times: 1 })) ?? { sound: "" };
    });
    await using world = await bell({ handlers: [inner, outer] });
    bus = world.kernel.bus;
    await bus.dispatch(Toll, { times: 1 });
    expect(rung).toEqual(["outer", "inner", "outer", "inner"]);
    expect(world.storage.units).toEqual(["begin", "rollback", "begin", "commit"]);
  });

  test("are the only errors that are tried again", async () => {
    await using world = await bell();
    world.storage.failCommits.push(new CrmError("CRM_TEST_AWAY", "Away.", { retryable: true }));
    await expect(world.kernel.bus.dispatch(Ring, { times: 1 })).rejects.toMatchObject({ code: "CRM_TEST_AWAY" });
    expect(world.rung).toEqual([1]);
  });
});

describe("authorisation", () => {
  test("lets the system do everything", async () => {
    const asked: AccessRequest[] = [];
    await using world = await bell({ plugins: [gatekeeper(asked)] });
    await world.kernel.bus.dispatch(Ring, { times: 1 });
    expect(asked).toEqual([]);
  });

  test("asks the permission manager about a user", async () => {
    const asked: AccessRequest[] = [];
    await using world = await bell({
      plugins: [gatekeeper(asked)],
      handlers: [
        handle(Ring, async () => ({ sound: "ding" })),
        answer(Listen, async () => ({ heard: true })),
        answer(Look, async () => ({ seen: true })),
      ],
    });
    expect(await asUser(world, () => world.kernel.bus.dispatch(Ring, { times: 1 }))).toEqual({ sound: "ding" });
    await expect(asUser(world, () => world.kernel.bus.ask(Listen, {}))).rejects.toMatchObject({
      code: "CRM_IAM_FORBIDDEN",
      status: 403,
      message: expect.stringMatching(/testing\.bell\.listen.*it is late/),
      details: { operation: "testing.bell.listen", permission: "testing.bell.listen" },
    });
    expect(await asUser(world, () => world.kernel.bus.ask(Look, {}))).toEqual({ seen: true });
    expect(asked).toEqual([
      { subject: user, permission: "testing.bell.ring" },
      { subject: user, permission: "testing.bell.listen" },
    ]);
  });

  test("refuses users where nobody can grant anything", async () => {
    await using world = await bell();
    await expect(asUser(world, () => world.kernel.bus.dispatch(Ring, { times: 1 }))).rejects.toMatchObject({
      code: "CRM_IAM_FORBIDDEN",
      message: expect.stringContaining("PermissionManager"),
    });
    expect(world.storage.units).toEqual([]);
  });

  test("lets a plugin do what it declared and nothing else, without asking", async () => {
    const asked: AccessRequest[] = [];
    await using world = await bell({ plugins: [gatekeeper(asked)] });
    const plugin = (...permissions: string[]): AccessSubject => ({
      kind: "plugin",
      id: "ringer",
      tenantId: "default",
      roles: [],
      teams: [],
      permissions,
    });
    const ring = () => world.kernel.bus.dispatch(Ring, { times: 1 });
    expect(await asUser(world, ring, plugin("testing.*"))).toEqual({ sound: "ding" });
    await expect(asUser(world, ring, plugin("testing.bell.listen"))).rejects.toMatchObject({
      code: "CRM_IAM_FORBIDDEN",
      message: expect.stringContaining("did not declare"),
    });
    await expect(asUser(world, ring, plugin())).rejects.toMatchObject({ code: "CRM_IAM_FORBIDDEN" });
    expect(asked).toEqual([]);
  });

  test("limits a user's key to its permissions before it asks", async () => {
    const asked: AccessRequest[] = [];
    await using world = await bell({ plugins: [gatekeeper(asked)] });
    const limited = { ...user, permissions: ["testing.bell.listen"] };
    await expect(asUser(world, () => world.kernel.bus.dispatch(Ring, { times: 1 }), limited)).rejects.toMatchObject({
      code: "CRM_IAM_FORBIDDEN",
    });
    expect(asked).toEqual([]);
  });

  test("tells handlers how far the caller reaches", async () => {
    const scopes: Criteria[] = [];
    const own = where("ownerId").eq("u1");
    const Peek = defineQuery({ ...Look, permission: "testing.bell.ring", name: "testing.bell.peek" });
    const handlers = [
      handle(Ring, async (_, { scope }) => (scopes.push(await scope()), { sound: "" })),
      answer(Peek, async (_, { scope }) => (scopes.push(scope), { seen: true })),
      answer(Look, async (_, { scope }) => (scopes.push(scope), { seen: true })),
    ];
    await using world = await bell({ handlers, plugins: [gatekeeper([], own)] });
    await asUser(world, () => world.kernel.bus.dispatch(Ring, { times: 1 }));
    await asUser(world, () => world.kernel.bus.ask(Peek, {}));
    await asUser(world, () => world.kernel.bus.ask(Look, {}));
    await world.kernel.bus.ask(Peek, {});
    expect(scopes).toEqual([own, own, everything, everything]);
    expect(scopes).not.toContainEqual(nothing);
  });
});

describe("idempotency", () => {
  test("answers a key that was used with the first answer, and does nothing", async () => {
    await using world = await bell();
    const ring = (times: number) => world.kernel.bus.dispatch(Ring, { times }, { idempotencyKey: "k1" });
    expect([await ring(2), await ring(2)]).toEqual([{ sound: "ding ding" }, { sound: "ding ding" }]);
    expect(world.rung).toEqual([2]);
    await expect(ring(3)).rejects.toMatchObject({ code: "CRM_IDEMPOTENCY_MISMATCH" });
    await world.kernel.bus.dispatch(Ring, { times: 2 }, { idempotencyKey: "k2" });
    await world.kernel.bus.dispatch(Ring, { times: 2 });
    expect(world.rung).toEqual([2, 2, 2]);
  });

  test("takes inputs that mean the same for the same", async () => {
    await using world = await bell();
    const ring = (input: unknown) => world.kernel.bus.execute(Ring as never, input, { idempotencyKey: "k1" });
    await ring({ times: 1, note: { a: 1, b: 2 } });
    await ring({ note: { b: 2, a: 1 } });
    expect(world.rung).toEqual([1]);
  });

  test("keeps the callers of one key apart", async () => {
    await using world = await bell({ plugins: [gatekeeper([])] });
    const ring = () => world.kernel.bus.dispatch(Ring, { times: 1 }, { idempotencyKey: "k1" });
    await asUser(world, ring);
    await asUser(world, ring, { ...user, id: "u2" });
    await world.kernel.run(ring, { tenantId: "elsewhere" });
    expect(world.rung).toEqual([1, 1, 1]);
  });

  test("leaves handlers with a unit of work of their own to dedupe by themselves", async () => {
    let calls = 0;
    await using world = await bell({
      handlers: [handle(Ring, async () => ({ sound: `${(calls += 1)}` }), { unitOfWork: "own" })],
    });
    for (const sound of ["1", "2"])
      expect(await world.kernel.bus.dispatch(Ring, { times: 1 }, { idempotencyKey: "k1" })).toEqual({ sound });
  });
});

describe("the kernel's own hooks", () => {
  const watcher = (outcomes: OperationOutcome[], calls: string[]) => {
    const plugin = definePlugin({
      id: "watcher",
      version: "1.0.0",
      extend(taps) {
        taps.tap(KernelHooks.operation, async (call, next) => {
          calls.push(
            `before ${call.operation.name} ${executionContext().unitOfWork === undefined ? "outside" : "inside"}`,
          );
          return next(call);
        });
        taps.tap(KernelHooks.operationEnded, (outcome) => void outcomes.push(outcome));
      },
    });
    return plugin();
  };

  test("see no secret, and can't put another in its place", async () => {
    const SignIn = defineCommand({
      name: "testing.bell.sign-in",
      description: "Takes a password, gives a token.",
      input: z.object({ email: z.string(), password: z.string() }),
      output: z.object({ token: z.string(), for: z.string() }),
      permission: null,
      secrets: ["password", "token"],
    });
    const seen: unknown[] = [];
    const spy = definePlugin({
      id: "spy",
      version: "1.0.0",
      extend(taps) {
        taps.tap(KernelHooks.operation, async (call, next) => {
          seen.push(call.input);
          const answer = await next({ ...call, input: { email: "b@example.com", password: "mine" } });
          seen.push(answer);
          return { token: "forged", for: "b" };
        });
        taps.tap(KernelHooks.operationEnded, ({ input }) => void seen.push(input));
      },
    });
    const handled: unknown[] = [];
    await using world = await bell({
      plugins: [spy()],
      handlers: [
        handle(SignIn, async (input) => {
          handled.push(input);
          return { token: "t-1", for: input.email };
        }),
      ],
    });
    const answer = await world.kernel.bus.dispatch(SignIn, { email: "a@example.com", password: "correct horse" });
    expect(handled).toEqual([{ email: "b@example.com", password: "correct horse" }]);
    expect(answer).toEqual({ token: "t-1", for: "b" });
    expect(seen).toEqual([
      { email: "a@example.com", password: "[hidden]" },
      { token: "[hidden]", for: "b@example.com" },
      { email: "a@example.com", password: "[hidden]" },
    ]);
  });

  test("wrap every operation outside its unit of work, and hear how it ended", async () => {
    const [outcomes, calls]: [OperationOutcome[], string[]] = [[], []];
    await using world = await bell({
      plugins: [watcher(outcomes, calls)],
      handlers: [
        handle(Ring, async ({ times }) => (times > 1 ? Promise.reject(new Error("broke")) : { sound: "" })),
        answer(Look, async () => ({ seen: true })),
      ],
    });
    await world.kernel.bus.dispatch(Ring, { times: 1 });
    await world.kernel.bus.ask(Look, {});
    await expect(world.kernel.bus.dispatch(Ring, { times: 2 })).rejects.toThrow("broke");
    await expect(world.kernel.bus.execute(Ring as never, { times: -1 })).rejects.toThrow("wrong");
    expect(calls).toEqual([
      "before testing.bell.ring outside",
      "before testing.bell.look outside",
      "before testing.bell.ring outside",
    ]);
    expect(
      outcomes.map(({ operation, errorCode, milliseconds }) => [operation.name, errorCode, milliseconds >= 0]),
    ).toEqual([
      ["testing.bell.ring", undefined, true],
      ["testing.bell.look", undefined, true],
      ["testing.bell.ring", "CRM_KERNEL_UNEXPECTED", true],
    ]);
  });
});
