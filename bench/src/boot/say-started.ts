const MEGABYTE = 1024 * 1024;

/** What the measured process tells the bench once it serves. */
export interface Started {
  /** The kernel's part, by its own clock. */
  readonly kernelMs: number;
  /** Where its first answer is to be had; one that serves nothing has answered by saying this. */
  readonly url?: string;
}

/** Says so to the bench, and how much memory it takes when asked. */
export function sayStarted(started: Started): void {
  process.on("message", () => process.send?.({ rssMb: process.memoryUsage.rss() / MEGABYTE }));
  process.send?.(started);
}
