import type { Logger } from "@crmessenger/kernel/infrastructure";
import type { Caller } from "../rpc/caller.ts";

type Fields = Readonly<Record<string, unknown>>;
export type LogLevel = "debug" | "info" | "warn" | "error";

/** A logger whose lines are written in the kernel's thread. */
export function forwardingLogger(caller: Caller, own: Fields = {}): Logger {
  const write =
    (level: LogLevel) =>
    (message: string, fields: Fields = {}): void =>
      caller.tell("log", [{ member: "write", args: [level, message, portable({ ...own, ...fields })] }]);
  return {
    debug: write("debug"),
    info: write("info"),
    warn: write("warn"),
    error: write("error"),
    child: (fields) => forwardingLogger(caller, { ...own, ...fields }),
  };
}

/** Fields as plain data: a line is never lost because of what it holds. */
function portable(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, portableValue(value)]));
}

function portableValue(value: unknown): unknown {
  if (value instanceof Error) return value;
  try {
    const text = JSON.stringify(value) as string | undefined;
    return text === undefined ? undefined : (JSON.parse(text) as unknown);
  } catch {
    return String(value);
  }
}
