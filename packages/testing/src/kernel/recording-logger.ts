import type { Logger } from "@crmessenger/kernel/infrastructure";

export interface LogLine {
  readonly level: "debug" | "info" | "warn" | "error";
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** A logger that keeps its lines, its children's included. */
export interface RecordingLogger extends Logger {
  readonly lines: readonly LogLine[];
}

/** A logger without lines yet. */
export function createRecordingLogger(): RecordingLogger {
  const lines: LogLine[] = [];
  return { ...writeTo(lines, {}), lines };
}

function writeTo(lines: LogLine[], own: Readonly<Record<string, unknown>>): Logger {
  const write =
    (level: LogLine["level"]) =>
    (message: string, fields: Readonly<Record<string, unknown>> = {}) =>
      void lines.push({ level, message, fields: { ...own, ...fields } });
  return {
    debug: write("debug"),
    info: write("info"),
    warn: write("warn"),
    error: write("error"),
    child: (fields) => writeTo(lines, { ...own, ...fields }),
  };
}
