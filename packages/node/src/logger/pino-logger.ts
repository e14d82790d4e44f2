import { type DestinationStream, type Logger as Pino, pino } from "pino";
import { executionContext } from "@crmessenger/kernel";
import type { Logger } from "@crmessenger/kernel/infrastructure";
import { redact, redactText } from "./redact.ts";

export const LOG_LEVELS = ["debug", "info", "warn", "error", "silent"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export interface PinoLoggerOptions {
  /** Lines below it are dropped before their fields are looked at. Default `info`. */
  readonly level?: LogLevel;
  /** Where the lines go. Default `stderr`: what a program prints for its user stays apart. */
  readonly destination?: "stdout" | "stderr" | DestinationStream;
}

/**
 * A Logger that writes lines of JSON: time, level, message, the fields, and inside an operation its correlation id
 * and tenant. Fields with the names of secrets are blanked at any depth. Lines are written before the call returns,
 * so the last one before a crash is there.
 */
export function pinoLogger(options: PinoLoggerOptions = {}): Logger {
  const destination = options.destination ?? "stderr";
  const stream =
    typeof destination === "string"
      ? pino.destination({ dest: destination === "stdout" ? 1 : 2, sync: true })
      : destination;
  return wrap(
    pino(
      {
        level: options.level ?? "info",
        base: { pid: process.pid },
        messageKey: "message",
        timestamp: pino.stdTimeFunctions.isoTime,
        formatters: { level: (label) => ({ level: label }) },
        mixin: operationFields,
      },
      stream,
    ),
  );
}

const NO_CORRELATION = "00000000-0000-7000-8000-000000000000";

function operationFields(): object {
  const { correlationId, tenantId } = executionContext();
  return correlationId === NO_CORRELATION ? {} : { correlationId, tenantId };
}

function wrap(logger: Pino): Logger {
  const write =
    (level: "debug" | "info" | "warn" | "error") =>
    (message: string, fields?: Readonly<Record<string, unknown>>): void => {
      if (!logger.isLevelEnabled(level)) return;
      logger[level](fields ? redact(fields) : {}, redactText(message));
    };
  return {
    debug: write("debug"),
    info: write("info"),
    warn: write("warn"),
    error: write("error"),
    child: (fields) => wrap(logger.child(redact(fields))),
  };
}
