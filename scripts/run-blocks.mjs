/**
 * Runs documented programs one after another in one process, for check-examples.mjs, which forks it and hands them over
 * by IPC: each is a module that is imported, and has ended when it is evaluated. Answers what each printed, or how it
 * failed. After `null` the process ends by itself, once nothing is left that a program began.
 */
import { pathToFileURL } from "node:url";
import { inspect } from "node:util";

let printed = "";
process.stdout.write = (chunk, ...rest) => {
  printed += String(chunk);
  for (const done of rest) if (typeof done === "function") done();
  return true;
};

process.on("uncaughtException", (error) => process.send?.({ failed: inspect(error) }));

process.on("message", async (path) => {
  if (path === null) return process.disconnect();
  printed = "";
  process.channel?.unref(); // a program that waits for nothing ends the process, as it would alone
  const answer = await import(pathToFileURL(path).href).then(
    () => ({ ended: printed }),
    (error) => ({ ended: printed, failed: inspect(error) }),
  );
  process.channel?.ref();
  process.send?.(answer);
});
