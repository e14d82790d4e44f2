import type { Logger } from "../infrastructure/logger.ts";

/** Keeps the messages that are logged. */
export class RecordingLog {
  readonly lines: string[] = [];
  readonly logger: Logger = this.#create();

  #create(): Logger {
    const write = (message: string) => void this.lines.push(message);
    const logger: Logger = { debug: write, info: write, warn: write, error: write, child: () => logger };
    return logger;
  }
}
