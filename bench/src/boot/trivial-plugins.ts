import { sayStarted } from "./say-started.ts";

const count = process.argv[2] ?? "0";

let kernelMs = 0;
if (count !== "none") {
  const { createKernel, definePlugin } = await import("@crmessenger/kernel");
  const plugins = Array.from({ length: Number(count) }, (_, index) =>
    definePlugin({ id: `trivial-${index}`, version: "1.0.0", boot: () => ({ start: async () => {} }) })(),
  );
  const started = performance.now();
  await createKernel({ plugins });
  kernelMs = performance.now() - started;
}
sayStarted({ kernelMs });
