const SIGNALS = ["SIGINT", "SIGTERM"] as const;
/** As shells report a process that was ended by Ctrl-C. */
const INTERRUPTED = 130;

/** Resolves at the first SIGINT or SIGTERM. Whoever asks once more does not want to wait for a clean stop. */
export function untilAskedToStop(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  let asked = false;
  const ask = () => {
    if (asked) process.exit(INTERRUPTED);
    asked = true;
    resolve();
  };
  for (const signal of SIGNALS) process.on(signal, ask);
  // A kernel without servers has nothing that keeps a process alive.
  const alive = setInterval(() => undefined, 2 ** 30);
  return promise.finally(() => clearInterval(alive));
}
