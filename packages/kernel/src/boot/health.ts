import type { Health, HealthStatus } from "../plugin/plugin.ts";

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
