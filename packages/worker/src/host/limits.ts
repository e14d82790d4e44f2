/** How a worker that ends by itself is started again. */
export interface RestartPolicy {
  /** Before the first restart; it doubles with each further one. Default 200. */
  readonly minDelayMs: number;
  /** Default 30 000. */
  readonly maxDelayMs: number;
  /** So many ends within `windowMs`, and it is started no more. Default 5. */
  readonly maxCrashes: number;
  /** Default 600 000. */
  readonly windowMs: number;
  /** After being up for so long, earlier ends are forgotten. Default 60 000. */
  readonly stableMs: number;
}

/** What a plugin in a worker may use. Times are milliseconds. */
export interface Limits {
  /** Of JavaScript's heap, in MiB. Default 256. */
  readonly memoryMb: number;
  /** One command, query, route, event or callback. Default 30 000. */
  readonly callDeadlineMs: number;
  /** One job. Default 900 000. */
  readonly jobDeadlineMs: number;
  /** Loading and booting the plugin; `start` and `ready`. Default 60 000. */
  readonly startDeadlineMs: number;
  /** Default 10 000. */
  readonly stopDeadlineMs: number;
  /** A thread that answers nothing for so long, while it has work, hangs: it is ended. Default 5 000. */
  readonly unresponsiveMs: number;
  readonly restart: RestartPolicy;
}

export type LimitOptions = Partial<Omit<Limits, "restart">> & { readonly restart?: Partial<RestartPolicy> };

export function limitsFrom(options: LimitOptions): Limits {
  return {
    memoryMb: options.memoryMb ?? 256,
    callDeadlineMs: options.callDeadlineMs ?? 30_000,
    jobDeadlineMs: options.jobDeadlineMs ?? 900_000,
    startDeadlineMs: options.startDeadlineMs ?? 60_000,
    stopDeadlineMs: options.stopDeadlineMs ?? 10_000,
    unresponsiveMs: options.unresponsiveMs ?? 5_000,
    restart: {
      minDelayMs: 200,
      maxDelayMs: 30_000,
      maxCrashes: 5,
      windowMs: 600_000,
      stableMs: 60_000,
      ...options.restart,
    },
  };
}
