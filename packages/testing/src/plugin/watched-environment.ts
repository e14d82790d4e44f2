/** Reads of `process.env`, and by which file. */
export interface EnvironmentRead {
  readonly name: string;
  readonly file: string;
}

/**
 * Runs work and answers which variables code outside `node_modules` read from `process.env` meanwhile. What libraries
 * read is their own affair.
 */
export async function readsOfEnvironment(work: () => Promise<unknown>): Promise<readonly EnvironmentRead[]> {
  const reads: EnvironmentRead[] = [];
  const real = process.env;
  const note = (name: string | symbol) => {
    const file = callerFile();
    if (typeof name === "string" && file !== undefined) reads.push({ name, file });
  };
  process.env = new Proxy(real, {
    get(target, name) {
      note(name);
      return Reflect.get(target, name) as unknown;
    },
    has(target, name) {
      note(name);
      return Reflect.has(target, name);
    },
  });
  try {
    await work();
  } finally {
    process.env = real;
  }
  return reads;
}

/** The file that read, or undefined when a library or Node did. */
function callerFile(): string | undefined {
  const lines = (new Error("where").stack ?? "").split("\n").slice(1);
  const caller = lines.find((line) => !line.includes("watched-environment."));
  if (caller === undefined || /node:internal|\/node_modules\//.test(caller)) return undefined;
  return /(\/[^():]+|[A-Za-z]:[^():]+):\d+:\d+/.exec(caller)?.[1];
}
