import { runWithContext, executionContext, runInContext } from "../context/execution-context.ts";
import { type Contract, contractId } from "../contract.ts";
import { CrmError, toCrmError } from "../errors/crm-error.ts";
import { EventLog } from "../infrastructure/event-log.ts";
import { type JobDefinition, type JobRun, Jobs } from "../infrastructure/jobs.ts";
import { type BootedKernel, identityOf } from "./boot-plugins.ts";
import { type BootedPlugin, inspectPlugin } from "./booted-plugin.ts";
import type { Kernel, KernelOptions } from "./create-kernel.ts";
import { type HealthReport, askHealth } from "./health.ts";
import { pluginSubject, runAsPlugin } from "./plugin-identity.ts";
import { withDeadline } from "./with-deadline.ts";

const START_DEADLINE_MS = 60_000;
const STOP_DEADLINE_MS = 10_000;

interface Run {
  ready: boolean;
  readyMs: number;
  stopping: Promise<void> | undefined;
  /** Of subscriptions and workers. */
  readonly stoppers: (() => Promise<void>)[];
}

export async function startKernel(booted: BootedKernel, options: KernelOptions, startedAt: number): Promise<Kernel> {
  const run: Run = { ready: false, readyMs: 0, stopping: undefined, stoppers: [] };
  const kernel = createFacade(booted, options, run);
  booted.view.current = { inspect: kernel.inspect, health: kernel.health, isReady: () => run.ready };
  try {
    for (const plugin of booted.plugins) await startPlugin(booted, plugin, "start", options);
    await startDeliveries(booted, run);
    run.ready = true;
    for (const plugin of booted.plugins) await startPlugin(booted, plugin, "ready", options);
  } catch (error) {
    await kernel.stop().catch((failure: unknown) => booted.logger().error(toCrmError(failure).message));
    throw error;
  }
  run.readyMs = performance.now() - startedAt;
  return kernel;
}

function createFacade(booted: BootedKernel, options: KernelOptions, run: Run): Kernel {
  const stop = () => (run.stopping ??= stopAll(booted, options, run));
  return {
    bus: booted.bus,
    get<T>(reference: Contract<T>): T {
      const service = booted.services.get(reference);
      if (service !== undefined) return service as T;
      throw new CrmError(
        "CRM_KERNEL_MISSING_CONTRACT",
        `No plugin of this application provides ${contractId(reference)}.`,
        { details: { contract: contractId(reference) } },
      );
    },
    run: (work, context = {}) => runInContext({ correlationId: booted.ids.next(), ...context }, work),
    inspect: () => ({
      plugins: booted.plugins.map(inspectPlugin),
      contracts: Object.fromEntries(
        [...booted.providers].map(([reference, provider]) => [contractId(reference), provider]),
      ),
      hooks: booted.hooks.describe(),
      readyMs: run.readyMs,
    }),
    health: () => healthOf(booted),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

async function startPlugin(
  kernel: BootedKernel,
  booted: BootedPlugin,
  phase: "start" | "ready",
  options: KernelOptions,
): Promise<void> {
  if (booted.status === "failed") return;
  const { definition, optional } = booted.plugin;
  const started = performance.now();
  try {
    const work = runAsPlugin(identityOf(booted.plugin), () => booted.wiring[phase]?.(), kernel.ids.next());
    if (work)
      await withDeadline(work, { plugin: definition.id, phase, ms: options.startDeadlineMs ?? START_DEADLINE_MS });
    booted.status = "started";
  } catch (error) {
    const failure = toCrmError(error);
    booted.status = "failed";
    booted.failure = failure.message;
    const { id } = definition;
    if (!optional)
      throw new CrmError("CRM_PLUGIN_START", `Plugin "${id}" did not start: ${failure.message}`, {
        details: { plugin: id, phase, code: failure.code, ...failure.details },
        cause: error,
      });
    kernel.logger().error(`Optional plugin "${id}" did not start: ${failure.message}`, { code: failure.code });
  } finally {
    booted.startMs += performance.now() - started;
  }
}

/** Subscriptions and job workers run once every plugin has started, since their handlers may use any of them. */
async function startDeliveries(booted: BootedKernel, run: Run): Promise<void> {
  const alive = booted.plugins.filter((plugin) => plugin.status !== "failed");
  const need = <T>(reference: Contract<T>, plugin: BootedPlugin, what: string): T => {
    const service = booted.services.get(reference);
    if (service !== undefined) return service as T;
    throw new CrmError(
      "CRM_KERNEL_MISSING_CONTRACT",
      `Plugin "${plugin.plugin.definition.id}" has ${what}, which need ${contractId(reference)}. Add a storage plugin, such as memory() or mikroOrm().`,
    );
  };
  for (const plugin of alive) {
    for (const subscription of plugin.subscriptions) {
      const running = await need(EventLog, plugin, "subscriptions").subscribe(subscription);
      run.stoppers.push(() => running.stop());
    }
    for (const handler of plugin.wiring.jobs ?? []) {
      const running = await need(Jobs, plugin, "jobs").work(handler.job as JobDefinition, (job) =>
        runJob(plugin, job, handler.run),
      );
      run.stoppers.push(() => running.stop());
    }
  }
}

/** The storage restored tenant, actor and correlation of the enqueuer; the worker acts as its own plugin. */
function runJob(booted: BootedPlugin, job: JobRun, handler: (run: JobRun) => Promise<void>): Promise<void> {
  const context = executionContext();
  const identity = identityOf(booted.plugin);
  const actor = { kind: "plugin" as const, id: identity.id };
  return runWithContext(
    { ...context, actor, subject: pluginSubject(identity, context.tenantId), causationId: job.id },
    () => handler(job),
  );
}

async function stopAll(booted: BootedKernel, options: KernelOptions, run: Run): Promise<void> {
  run.ready = false;
  const failures: unknown[] = [];
  const settled = await Promise.allSettled(
    run.stoppers.map((stop) =>
      withDeadline(stop(), { plugin: "kernel", phase: "stop", ms: options.stopDeadlineMs ?? STOP_DEADLINE_MS }),
    ),
  );
  for (const result of settled) if (result.status === "rejected") failures.push(result.reason);
  for (const plugin of booted.plugins.toReversed()) {
    if (plugin.status === "booted") continue;
    try {
      const work = runAsPlugin(identityOf(plugin.plugin), () => plugin.wiring.stop?.(), booted.ids.next());
      if (work)
        await withDeadline(work, {
          plugin: plugin.plugin.definition.id,
          phase: "stop",
          ms: options.stopDeadlineMs ?? STOP_DEADLINE_MS,
        });
    } catch (error) {
      failures.push(error);
      booted
        .logger()
        .error(`Plugin "${plugin.plugin.definition.id}" did not stop cleanly: ${toCrmError(error).message}`);
    }
    if (plugin.status === "started") plugin.status = "stopped";
  }
  if (failures.length > 0) throw toCrmError(failures[0]);
}

async function healthOf(booted: BootedKernel): Promise<HealthReport> {
  const entries = await Promise.all(
    booted.plugins.map(async (plugin) => {
      const { id } = plugin.plugin.definition;
      if (plugin.status === "failed")
        return [id, { status: "down", reason: plugin.failure ?? "It failed." }, plugin.plugin.optional] as const;
      return [id, await askHealth(plugin.wiring.health?.bind(plugin.wiring)), plugin.plugin.optional] as const;
    }),
  );
  const down = entries.some(([, health, optional]) => health.status === "down" && !optional);
  const degraded = entries.some(([, health]) => health.status !== "up");
  return {
    status: down ? "down" : degraded ? "degraded" : "up",
    plugins: Object.fromEntries(entries.map(([id, health]) => [id, health])),
  };
}
