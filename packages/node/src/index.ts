export { node } from "./plugin.ts";
export { httpClient } from "./http-client-plugin.ts";
export { type ClosableHttpClient, type HttpClientOptions, createHttpClient } from "./http-client/create-http-client.ts";
export { type LogLevel, type PinoLoggerOptions, pinoLogger } from "./logger/pino-logger.ts";
export { DiskStorage } from "./storage/disk-storage.ts";
