import { z } from "zod";
import { CrmError, type Health, definePlugin } from "@crmessenger/kernel";
import { Clock, HttpClient, Ids, Logger, Storage } from "@crmessenger/kernel/infrastructure";
import { CLOSE_DEADLINE_MS, httpClientOptions } from "./http-client-plugin.ts";
import { createHttpClient } from "./http-client/create-http-client.ts";
import { LOG_LEVELS, type LogLevel, pinoLogger } from "./logger/pino-logger.ts";
import { DiskStorage } from "./storage/disk-storage.ts";
import { systemCode } from "./storage/storage-error.ts";
import { version } from "./version.ts";

const options = z.strictObject({
  /** Where files are kept; made when it is not there. */
  filesDirectory: z.string().min(1).default("data/files"),
  ...httpClientOptions,
  /** The environment variable LOG_LEVEL wins. */
  logLevel: z.enum(LOG_LEVELS).default("info"),
  logTo: z.enum(["stdout", "stderr"]).default("stderr"),
});

/** Files on disk, an HTTP client and a logger, on Node.js. */
export const node = definePlugin({
  id: "node",
  version,
  deps: { clock: Clock, ids: Ids },
  provides: { storage: Storage, httpClient: HttpClient, logger: Logger },
  options,
  config: { LOG_LEVEL: { secret: false, description: "debug, info, warn, error or silent" } },
  boot({ clock, ids }, { options, config }) {
    const { filesDirectory, logLevel, logTo, ...http } = options;
    const storage = new DiskStorage(filesDirectory, { clock, ids });
    const httpClient = createHttpClient(clock, http);
    const logger = pinoLogger({ level: levelFrom(config.get("LOG_LEVEL")) ?? logLevel, destination: logTo });
    return {
      provide: { storage, httpClient, logger },
      start: () => storage.start(),
      stop: () => httpClient.close(CLOSE_DEADLINE_MS),
      health: () => healthOf(storage),
    };
  },
});

function levelFrom(value: string | undefined): LogLevel | undefined {
  if (value === undefined || value === "") return undefined;
  const level = LOG_LEVELS.find((known) => known === value.toLowerCase());
  if (level) return level;
  throw new CrmError("CRM_NODE_LOG_LEVEL", `LOG_LEVEL is ${LOG_LEVELS.join(", ")}, not "${value}".`);
}

async function healthOf(storage: DiskStorage): Promise<Health> {
  try {
    await storage.check();
    return { status: "up" };
  } catch (error) {
    return { status: "down", reason: `The directory ${storage.directory} can't be written to (${systemCode(error)}).` };
  }
}
