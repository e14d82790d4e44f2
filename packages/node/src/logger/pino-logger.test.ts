import { runInContext } from "@crmessenger/kernel";
import { describe, expect, it } from "vitest";
import { type LogLevel, pinoLogger } from "./pino-logger.ts";

function recorder(level?: LogLevel) {
  const lines: Record<string, unknown>[] = [];
  const destination = { write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>) };
  return { lines, logger: pinoLogger(level === undefined ? { destination } : { level, destination }) };
}

describe("pinoLogger", () => {
  it("writes a line of JSON a message", () => {
    const { lines, logger } = recorder();
    logger.info("It works.", { count: 3, password: "hidden" });
    expect(lines).toEqual([
      {
        level: "info",
        time: expect.stringMatching(/^\d{4}-.*Z$/) as string,
        pid: process.pid,
        message: "It works.",
        count: 3,
        password: "[redacted]",
      },
    ]);
  });

  it.each([
    ["debug", ["debug", "info", "warn", "error"]],
    [undefined, ["info", "warn", "error"]],
    ["warn", ["warn", "error"]],
    ["silent", []],
  ] as const)("at level %s writes %j", (level, expected) => {
    const { lines, logger } = recorder(level);
    for (const each of ["debug", "info", "warn", "error"] as const) logger[each]("x");
    expect(lines.map((line) => line["level"])).toEqual(expected);
  });

  it("adds the fields of its children to every line, blanked as well", () => {
    const { lines, logger } = recorder();
    logger.child({ plugin: "telegram", apiHash: "hidden" }).child({ account: 7 }).warn("Slow.", { account: 8 });
    expect(lines[0]).toMatchObject({ plugin: "telegram", apiHash: "[redacted]", account: 8 });
  });

  it("adds the correlation of the operation it runs in", () => {
    const { lines, logger } = recorder();
    runInContext({ correlationId: "c-1", tenantId: "t-1" }, () => logger.info("Inside."));
    logger.info("Outside.");
    expect(lines[0]).toMatchObject({ correlationId: "c-1", tenantId: "t-1" });
    expect(lines[1]).not.toHaveProperty("correlationId");
  });

  it("doesn't look at the fields of a line it drops", () => {
    const { logger } = recorder("warn");
    const untouched = new Proxy(
      {},
      {
        ownKeys: () => {
          throw new Error("touched");
        },
      },
    );
    expect(() => logger.debug("x", untouched)).not.toThrow();
  });

  it("blanks secrets in the message itself", () => {
    const { lines, logger } = recorder();
    logger.error("No connection to postgres://crm:hunter2@db/crm");
    expect(lines[0]?.["message"]).toBe("No connection to postgres://[redacted]@db/crm");
  });
});
