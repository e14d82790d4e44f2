import { describe, expect, it } from "vitest";
import { UsageError, parseOptions } from "./options.ts";

describe("parseOptions", () => {
  it("reads every option", () => {
    const args = [
      "--once",
      "--conversations",
      "a.jsonl",
      "--rate",
      "5",
      "--database",
      "postgresql://u@h/d",
      "--port",
      "3001",
      "--report",
      "r.json",
      "--faults",
      "--data",
      "d",
    ];
    expect(parseOptions(args)).toEqual({
      once: true,
      conversations: "a.jsonl",
      rate: 5,
      database: "postgresql://u@h/d",
      data: "d",
      port: 3001,
      report: "r.json",
      faults: true,
      minutes: undefined,
    });
    expect(parseOptions(["--help"])).toBe("help");
  });

  it("says what is wrong with an option", () => {
    for (const [args, message] of [
      [["--wat"], /--wat/],
      [["--rate", "fast"], /--rate takes a number above 0/],
      [["--rate", "-1"], /--rate/],
      [["--port", "70000"], /1 to 65535/],
      [["--database", "mysql://x"], /postgresql:\/\//],
    ] as const) {
      expect(() => parseOptions(args)).toThrow(UsageError);
      expect(() => parseOptions(args)).toThrow(message);
    }
  });
});
