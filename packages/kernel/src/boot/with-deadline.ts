import { CrmError } from "../errors/crm-error.ts";

/** Ends the wait for a plugin's start or stop, naming the plugin and the phase. */
export async function withDeadline(
  work: Promise<void>,
  limit: { plugin: string; phase: "start" | "ready" | "stop"; ms: number },
): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const { plugin, phase, ms } = limit;
      reject(
        new CrmError("CRM_KERNEL_DEADLINE", `Plugin "${plugin}" did not finish its ${phase} within ${ms} ms.`, {
          details: { plugin, phase, ms },
        }),
      );
    }, limit.ms);
  });
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
