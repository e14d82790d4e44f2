import type { Logger } from "../infrastructure/logger.ts";

/** Warnings and errors as lines of JSON on stderr: enough to notice that something is wrong before a Logger is chosen. */
export function stderrLogger(fields: Readonly<Record<string, unknown>> = {}): Logger {
  const write = (level: string, message: string, more: Readonly<Record<string, unknown>> = {}) =>
    void process.stderr.write(`${JSON.stringify({ level, message, ...fields, ...more })}\n`);
  return {
    debug: () => {},
    info: () => {},
    warn: (message, more) => write("warn", message, more),
    error: (message, more) => write("error", message, more),
    child: (more) => stderrLogger({ ...fields, ...more }),
  };
}
