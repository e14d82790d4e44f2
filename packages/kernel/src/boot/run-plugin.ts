import { executionContext, runWithContext } from "../context/execution-context.ts";
import { type Contract, contractId } from "../contract.ts";
import { CrmError, toCrmError } from "../errors/crm-error.ts";
import { EventLog } from "../infrastructure/event-log.ts";
import { type JobDefinition, type JobRun, Jobs } from "../infrastructure/jobs.ts";
import type { BootScope } from "./boot-scope.ts";
import type { BootedPlugin } from "./booted-plugin.ts";
import { identityOf, pluginSubject, runAsPlugin } from "./plugin-identity.ts";
import { withDeadline } from "./with-deadline.ts";

/** Starts it, or tells it that everything is ready. An optional plugin that fails is marked; any other failure is thrown. */
export async function startPlugin(
  scope: BootScope,
  booted: BootedPlugin,
  phase: "start" | "ready",
  deadlineMs: number,
): Promise<void> {
  if (booted.status === "failed") return;
  const { id } = booted.definition;
  const started = performance.now();
  try {
    const work = booted.lifetime.during(() =>
      runAsPlugin(identityOf(booted.plugin), () => booted.wiring[phase]?.(), scope.ids.next()),
    );
    if (work) await withDeadline(work, { plugin: id, phase, ms: deadlineMs });
    booted.status = "started";
  } catch (error) {
    const failure = toCrmError(error);
    booted.status = "failed";
    booted.failure = failure.message;
    if (!booted.plugin.optional)
      throw new CrmError("CRM_PLUGIN_START", `Plugin "${id}" did not start: ${failure.message}`, {
        details: { plugin: id, phase, code: failure.code, ...failure.details },
        cause: error,
      });
    scope.logger().error(`Optional plugin "${id}" did not start: ${failure.message}`, { code: failure.code });
  } finally {
    booted.startMs += performance.now() - started;
  }
}

/** Begins to hand it events and jobs. */
export async function startDeliveries(scope: BootScope, booted: BootedPlugin): Promise<void> {
  if (booted.status === "failed") return;
  const need = <T>(reference: Contract<T>, what: string): T => {
    const service = scope.services.get(reference);
    if (service !== undefined) return service as T;
    throw new CrmError(
      "CRM_KERNEL_MISSING_CONTRACT",
      `Plugin "${booted.definition.id}" has ${what}, which need ${contractId(reference)}. Add a storage plugin, such as memory() or mikroOrm().`,
    );
  };
  const running: (() => Promise<void>)[] = [];
  booted.deliveries = running;
  for (const subscription of booted.subscriptions) {
    const delivery = await need(EventLog, "subscriptions").subscribe(subscription);
    running.push(() => delivery.stop());
  }
  for (const handler of booted.wiring.jobs ?? []) {
    const worker = await need(Jobs, "jobs").work(handler.job as JobDefinition, (job) =>
      runJob(booted, job, handler.run),
    );
    running.push(() => worker.stop());
  }
}

/** Resolves when the events and jobs in hand are finished. Answers with what went wrong. */
export async function stopDeliveries(plugins: readonly BootedPlugin[], deadlineMs: number): Promise<unknown[]> {
  const stops = plugins.flatMap((booted) => {
    const { deliveries } = booted;
    booted.deliveries = [];
    const limit = { plugin: booted.definition.id, phase: "stop", ms: deadlineMs } as const;
    return deliveries.map((stop) => withDeadline(stop(), limit));
  });
  const settled = await Promise.allSettled(stops);
  return settled.flatMap((result) => (result.status === "rejected" ? [result.reason as unknown] : []));
}

/** Stops those that were started, the last first, each within the deadline. Answers with what went wrong. */
export async function stopPlugins(
  scope: BootScope,
  plugins: readonly BootedPlugin[],
  deadlineMs: number,
): Promise<unknown[]> {
  const failures: unknown[] = [];
  for (const booted of plugins.toReversed()) {
    const { id } = booted.definition;
    const limit = { plugin: id, phase: "stop", ms: deadlineMs } as const;
    try {
      await withDeadline(endPlugin(scope, booted), limit);
    } catch (error) {
      failures.push(error);
      scope.logger().error(`Plugin "${id}" did not stop cleanly: ${toCrmError(error).message}`);
    }
    if (booted.status === "started") booted.status = "stopped";
  }
  return failures;
}

/** Others let go of what it brought, it stops, and its placement ends. */
async function endPlugin(scope: BootScope, { status, wiring, plugin, lifetime, release }: BootedPlugin): Promise<void> {
  const stop = async () => (status === "booted" ? undefined : wiring.stop?.());
  try {
    await lifetime.end();
  } finally {
    try {
      await runAsPlugin(identityOf(plugin), stop, scope.ids.next());
    } finally {
      await release?.();
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
