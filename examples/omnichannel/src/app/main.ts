import { getHeapSpaceStatistics } from "node:v8";
import { seedOwner } from "@crmessenger/iam";
import { type Kernel, createKernel, toCrmError } from "@crmessenger/kernel";
import { Authenticator } from "@crmessenger/kernel/iam";
import { SqlDatabase } from "@crmessenger/kernel/infrastructure";
import { compose } from "./compose.ts";
import { type AppConfig, CONFIG_VARIABLE, type FromApp, type ToApp } from "./config.ts";

const OWNER_EMAIL = "owner@example.com";
const MEGABYTE = 1024 * 1024;
const SAMPLE_MS = 250;
const KEY_LIFETIME_MS = 24 * 60 * 60 * 1000;

/** Looked at by ourselves: what the system counts includes the process that this one was forked from. */
let peakRss = 0;
setInterval(() => {
  peakRss = Math.max(peakRss, process.memoryUsage.rss());
}, SAMPLE_MS).unref();

/** The application, in a process of its own: what an operator would deploy. */
async function run(): Promise<void> {
  const config = JSON.parse(process.env[CONFIG_VARIABLE] ?? "{}") as AppConfig;
  const kernel = await createKernel({ plugins: compose(config) });
  stopOnSignals(kernel);
  const { userId, password } = await kernel.run(() => seedOwner(kernel, { email: OWNER_EMAIL, name: "Owner" }));
  const { key } = await kernel.run(() =>
    kernel
      .get(Authenticator)
      .createApiKey(userId, { name: "This run", expiresAt: new Date(Date.now() + KEY_LIFETIME_MS).toISOString() }),
  );
  process.on("message", (message: ToApp) => void answer(kernel, message));
  tell({
    type: "ready",
    port: config.port,
    apiKey: key,
    ownerEmail: OWNER_EMAIL,
    password,
    readyMs: Math.round(kernel.inspect().readyMs),
  });
}

async function answer(kernel: Kernel, message: ToApp): Promise<void> {
  if (message.type === "memory") {
    globalThis.gc?.(); // only there when the process was started for measuring
    tell({
      type: "memory",
      id: message.id,
      rssMb: process.memoryUsage.rss() / MEGABYTE,
      heapMb: heldBytes() / MEGABYTE,
      peakRssMb: peakRss / MEGABYTE,
    });
    return;
  }
  try {
    const rows = await kernel.get(SqlDatabase).query(message.sql, message.parameters);
    tell({ type: "rows", id: message.id, rows });
  } catch (error) {
    tell({ type: "refused", id: message.id, message: toCrmError(error).message });
  }
}

/** What the program holds on the heap: without what V8 made of its code, which grows for as long as code gets hot. */
function heldBytes(): number {
  return getHeapSpaceStatistics()
    .filter(({ space_name: space }) => !/code|trusted|read_only/.test(space))
    .reduce((sum, { space_used_size: used }) => sum + used, 0);
}

/** Ctrl-C reaches the whole group of processes; the parent decides when the application stops, unless it is gone. */
function stopOnSignals(kernel: Kernel): void {
  let stopping = false;
  const stop = () => {
    if (stopping) return;
    stopping = true;
    kernel.stop().then(
      () => process.exit(0),
      (error: unknown) => {
        console.error(toCrmError(error).message);
        process.exit(1);
      },
    );
  };
  process.on("SIGTERM", stop);
  process.on("SIGINT", () => {});
  process.on("disconnect", stop);
}

function tell(message: FromApp): void {
  // When the parent is gone there is nobody to tell; `disconnect` stops this process then.
  if (process.connected) process.send?.(message, undefined, undefined, () => {});
}

run().catch((error: unknown) => {
  const failure = toCrmError(error);
  const code = String(failure.details["code"] ?? failure.code); // of what a plugin met, rather than that it met something
  if (process.send) {
    process.exitCode = 1;
    process.send(
      { type: "failed", message: `${failure.message} (${code})` } satisfies FromApp,
      undefined,
      undefined,
      () => process.exit(),
    );
  } else {
    console.error(failure.message);
    process.exit(1);
  }
});
