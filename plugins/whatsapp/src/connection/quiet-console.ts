import { AsyncLocalStorage } from "node:async_hooks";

const METHODS = ["info", "warn", "error"] as const;
const insideSignal = new AsyncLocalStorage<true>();

let users = 0;
let restore: (() => void) | undefined;

/**
 * libsignal prints whole sessions, private keys included, whenever it closes one. While anyone holds this, what it
 * prints from inside `quietly` is dropped; everybody else's output passes through untouched. Returns the release.
 */
export function holdConsoleQuiet(): () => void {
  users += 1;
  restore ??= wrapConsole();
  let held = true;
  return () => {
    if (!held) return;
    held = false;
    users -= 1;
    if (users > 0) return;
    restore?.();
    restore = undefined;
  };
}

/** Runs Signal work whose console output nobody should see. */
export function quietly<T>(work: () => Promise<T>): Promise<T> {
  return insideSignal.run(true, work);
}

function wrapConsole(): () => void {
  const undo = METHODS.map((method) => {
    const original = console[method];
    const filtered = (...args: unknown[]): void => {
      if (!insideSignal.getStore()) original.apply(console, args);
    };
    console[method] = filtered;
    return () => {
      // Whoever wrapped the console after us keeps their wrapper; ours then passes everything through.
      if (console[method] === filtered) console[method] = original;
    };
  });
  return () => {
    for (const step of undo) step();
  };
}
