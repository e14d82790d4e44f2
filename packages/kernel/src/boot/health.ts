import type { Health, HealthStatus } from "../plugin/plugin.ts";
import type { BootedPlugin } from "./booted-plugin.ts";

export interface HealthReport {
  /** `up` when every plugin is; `down` when one that is not optional is down; otherwise `degraded`. */
  readonly status: HealthStatus;
  readonly plugins: Readonly<Record<string, Health>>;
}

const PATIENCE_MS = 2_000;

/** One plugin's health; what it doesn't answer in time, or throws, is `down` with the reason. */
export async function askHealth(health: (() => Promise<Health>) | undefined): Promise<Health> {
  if (!health) return { status: "up" };
  const silence = new Promise<Health>((resolve) => {
    setTimeout(
      () => resolve({ status: "down", reason: `It did not answer within ${PATIENCE_MS} ms.` }),
      PATIENCE_MS,
    ).unref();
  });
  try {
    return await Promise.race([health(), silence]);
  } catch (error) {
    return { status: "down", reason: error instanceof Error ? error.message : String(error) };
  }
}

/** The health of all, and of each. */
export async function healthOf(live: readonly BootedPlugin[]): Promise<HealthReport> {
  const entries = await Promise.all(
    live.map(async (plugin) => {
      const { id } = plugin.definition;
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
