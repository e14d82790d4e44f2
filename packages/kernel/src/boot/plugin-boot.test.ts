import { describe, expect, test } from "vitest";
import { z } from "zod";
import { defineEvent } from "../bus/event-definition.ts";
import { executionContext, runInContext } from "../context/execution-context.ts";
import { contract } from "../contract.ts";
import { CrmError } from "../errors/crm-error.ts";
import { observePoint, transformPoint } from "../hooks/hook-point.ts";
import { Clock } from "../infrastructure/clock.ts";
import { Logger, silentLogger } from "../infrastructure/logger.ts";
import { definePlugin, optional } from "../plugin/define-plugin.ts";
import type { Plugin } from "../plugin/plugin.ts";
import { ProbeStorage } from "../probe-storage.test.fixture.ts";
import { createKernel } from "./create-kernel.ts";

const Bell = contract<() => string>("testing.bell", 1);
const Draft = transformPoint<string>("testing.draft");
const Rang = defineEvent("bell.rang", { 1: z.object({}) });

const version = "1.0.0";

function boot(...plugins: readonly Plugin[]) {
  return createKernel({ plugins, logger: silentLogger, environment: { BELL_KEY: "secret", OTHER: "x" } });
}

describe("a plugin's boot", () => {
  test("gets its options checked and with their defaults", async () => {
    let seen: unknown;
    const options = z.strictObject({ host: z.string(), port: z.number().default(25) });
    const mail = definePlugin({ id: "mail", version, options, boot: (_, context) => ((seen = context.options), {}) });
    await using _ = await boot(mail({ host: "example.com" }));
    expect(seen).toEqual({ host: "example.com", port: 25 });
    await expect(boot(mail({ host: 7, prot: 25 } as never))).rejects.toMatchObject({
      code: "CRM_PLUGIN_OPTIONS",
      message: expect.stringMatching(/"mail".*host: .*prot/s),
      details: { plugin: "mail", issues: expect.arrayContaining([{ path: "host", message: expect.any(String) }]) },
    });
    const plain = definePlugin({ id: "plain", version });
    await expect(boot(plain({ surprise: true } as never))).rejects.toMatchObject({ code: "CRM_PLUGIN_OPTIONS" });
  });

  test("sees the variables it declared, and acts as itself", async () => {
    const seen: unknown[] = [];
    const plugin = definePlugin({
      id: "curious",
      version,
      config: { BELL_KEY: { secret: true } },
      boot(_, { id, config }) {
        seen.push(id, config.get("BELL_KEY"), executionContext().actor);
        expect(() => config.get("OTHER")).toThrow(expect.objectContaining({ code: "CRM_CONFIG_UNDECLARED" }));
        return {};
      },
    });
    await using _ = await boot(plugin());
    expect(seen).toEqual(["curious", "secret", { kind: "plugin", id: "curious" }]);
  });

  test("calls only the hooks it declared", async () => {
    const declared = definePlugin({
      id: "declared",
      version,
      hooks: [Draft],
      boot: (_, context) => (context.hook(Draft), {}),
    });
    await using _ = await boot(declared());
    const sly = definePlugin({ id: "sly", version, boot: (_, context) => (context.hook(Draft), {}) });
    await expect(boot(declared(), sly())).rejects.toMatchObject({
      code: "CRM_PLUGIN_BOOT",
      message: expect.stringMatching(/"sly".*testing\.draft/),
      details: { code: "CRM_HOOK_UNDECLARED" },
    });
  });

  test("that throws is named, with its error as the cause", async () => {
    const cause = new Error("no disk");
    const broken = definePlugin({
      id: "broken",
      version,
      boot: () => {
        throw cause;
      },
    });
    await expect(boot(broken())).rejects.toMatchObject({
      code: "CRM_PLUGIN_BOOT",
      message: expect.stringMatching(/"broken" did not boot.*no disk/),
      details: { plugin: "broken", phase: "boot", code: "CRM_KERNEL_UNEXPECTED" },
      cause: expect.objectContaining({ cause }),
    });
  });

  test("must bring what it said it provides", async () => {
    const forgetful = definePlugin({ id: "forgetful", version, provides: { bell: Bell }, boot: () => ({}) });
    await expect(boot(forgetful())).rejects.toMatchObject({
      code: "CRM_PLUGIN_BOOT",
      message: expect.stringMatching(/testing\.bell@1 as "bell"/),
      details: { code: "CRM_PLUGIN_NOT_PROVIDED" },
    });
  });

  test.each(["extend", "subscribe"] as const)("that fails in %s is named too", async (phase) => {
    const broken = definePlugin({
      id: "broken",
      version,
      [phase]: () => {
        throw new Error("not there");
      },
    });
    await expect(boot(broken())).rejects.toMatchObject({
      code: "CRM_PLUGIN_BOOT",
      message: expect.stringMatching(/"broken".*not there/),
    });
  });

  test("sees its own services in extend and subscribe", async () => {
    const seen: string[] = [];
    const plugin = definePlugin({
      id: "ringer",
      version,
      provides: { bell: Bell },
      boot: () => ({ provide: { bell: () => "ding" } }),
      extend: (_, { bell }) => void seen.push(bell()),
      subscribe: (_, { bell }) => void seen.push(bell()),
    });
    await using _ = await boot(plugin());
    expect(seen).toEqual(["ding", "ding"]);
  });
});

describe("a plugin that the application can do without", () => {
  const caller = definePlugin({
    id: "caller",
    version,
    hooks: [Draft],
    provides: { bell: Bell },
    boot: (_, context) => ({
      provide: { bell: () => "ding" },
      health: async () => ({ status: "up", reason: await context.hook(Draft).apply("draft") }),
    }),
  });

  test.each([
    [
      "boot",
      {
        boot: () => {
          throw new CrmError("CRM_TEST_BROKEN", "It is broken.");
        },
      },
    ],
    [
      "extend",
      {
        extend: (taps: { tap(point: typeof Draft, run: () => string): void }) => {
          taps.tap(Draft, () => "tapped");
          throw new CrmError("CRM_TEST_BROKEN", "It is broken.");
        },
      },
    ],
  ])("leaves the rest running when it fails in %s, and health says why", async (_, parts) => {
    const broken = definePlugin({ id: "broken", version, ...(parts as object) });
    await using kernel = await boot(optional(broken()), caller());
    expect(await kernel.health()).toEqual({
      status: "degraded",
      plugins: { broken: { status: "down", reason: "It is broken." }, caller: { status: "up", reason: "draft" } },
    });
    expect(kernel.inspect().plugins[0]).toMatchObject({
      id: "broken",
      status: "failed",
      optional: true,
      failure: "It is broken.",
    });
  });

  test("takes those down that need it, with both ends named", async () => {
    const broken = definePlugin({
      id: "broken",
      version,
      provides: { bell: Bell },
      boot: () => {
        throw new Error("cracked");
      },
    });
    const needy = definePlugin({ id: "needy", version, deps: { bell: Bell } });
    await expect(boot(optional(broken()), needy())).rejects.toMatchObject({
      code: "CRM_PLUGIN_BOOT",
      message: expect.stringMatching(/"needy".*testing\.bell@1 of "broken"/),
    });
    await using kernel = await boot(optional(broken()), optional(needy()));
    expect((await kernel.health()).plugins).toMatchObject({ broken: { status: "down" }, needy: { status: "down" } });
  });
});

describe("what a plugin holds", () => {
  test("runs work on its own account, with its permissions, outside any unit of work and in the current tenant", async () => {
    let run: (<T>(work: () => Promise<T>) => Promise<T>) | undefined;
    const plugin = definePlugin({
      id: "worker",
      version,
      permissions: ["testing.*"],
      boot: (_, context) => ((run = context.run), {}),
    });
    await using _ = await boot(plugin());
    const context = await runInContext({ tenantId: "t1", unitOfWork: {}, actor: { kind: "user", id: "u1" } }, () =>
      run?.(async () => executionContext()),
    );
    expect(context).toMatchObject({
      tenantId: "t1",
      actor: { kind: "plugin", id: "worker" },
      subject: { kind: "plugin", id: "worker", tenantId: "t1", permissions: ["testing.*"] },
    });
    expect(context?.unitOfWork).toBeUndefined();
    expect(context?.correlationId).not.toBe(executionContext().correlationId);
  });

  test("logs under its id, with the kernel's logger or the one that a plugin brings", async () => {
    const lines: string[] = [];
    const logger = (fields: object): Logger => ({
      ...silentLogger,
      warn: (message) => void lines.push(`${message} ${JSON.stringify(fields)}`),
      child: (more) => logger({ ...fields, ...more }),
    });
    const chatty = definePlugin({
      id: "chatty",
      version,
      deps: { logger: Logger },
      boot: ({ logger }, context) => (logger.warn("by dependency"), context.logger.warn("by context"), {}),
    });
    await using _ = await createKernel({ plugins: [chatty()], logger: logger({ from: "kernel" }) });
    const writer = definePlugin({
      id: "writer",
      version,
      provides: { logger: Logger },
      boot: () => ({ provide: { logger: logger({ from: "writer" }) } }),
    });
    await using __ = await createKernel({ plugins: [chatty(), writer()], logger: silentLogger });
    expect(lines).toEqual([
      'by dependency {"from":"kernel","plugin":"chatty"}',
      'by context {"from":"kernel","plugin":"chatty"}',
      'by dependency {"from":"writer","plugin":"chatty"}',
      'by context {"from":"writer","plugin":"chatty"}',
    ]);
  });

  test("can't replace what is the kernel's", async () => {
    const liar = definePlugin({
      id: "liar",
      version,
      provides: { clock: Clock },
      boot: () => ({ provide: { clock: { now: () => 0 } as never } }),
    });
    await expect(boot(liar())).rejects.toMatchObject({
      code: "CRM_KERNEL_DUPLICATE_PROVIDER",
      details: { plugins: ["kernel", "liar"] },
    });
  });
});

describe("subscriptions", () => {
  test("need an event log, and handle a topic once", async () => {
    const plugin = definePlugin({
      id: "listener",
      version,
      subscribe: (events) => void events.on(Rang, async () => undefined),
    });
    await expect(boot(plugin())).rejects.toMatchObject({
      code: "CRM_KERNEL_MISSING_CONTRACT",
      message: expect.stringMatching(/"listener" has subscriptions.*infrastructure\.event-log@1/),
    });
    const double = definePlugin({
      id: "double",
      version,
      subscribe: (events) => void events.on(Rang, async () => undefined).on(Rang, async () => undefined),
    });
    await expect(boot(double(), new ProbeStorage().plugin())).rejects.toMatchObject({
      code: "CRM_PLUGIN_BOOT",
      message: expect.stringMatching(/"double".*bell\.rang twice/),
    });
  });
});

test("a point that is tapped and that nobody calls stops the boot, naming the tapping plugin", async () => {
  const plugin = definePlugin({
    id: "tapper",
    version,
    extend: (taps) => taps.tap(observePoint("testing.nobody"), () => undefined),
  });
  await expect(boot(plugin())).rejects.toMatchObject({
    code: "CRM_HOOK_UNKNOWN",
    message: expect.stringMatching(/"tapper".*testing\.nobody/),
  });
});
