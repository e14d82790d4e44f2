import { createInterface } from "node:readline";
import type { Readable } from "node:stream";

/** Hands over each line of text that is not empty. */
export function logLines(stream: Readable, log: (line: string) => void): void {
  createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY }).on("line", (line) => {
    if (line.trim() !== "") log(line);
  });
}
