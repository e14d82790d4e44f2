import { defineConfig } from "vitest/config";

/**
 * Workspace packages are tested from their sources, so that every test process holds one kernel, not two. Without
 * "import": Vitest hands these to Node for `require` too, and `pg` would get the ESM build of its pool.
 */
const conditions = ["@crmessenger/source", "node"];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    include: ["src/**/*.test.ts", "test/**/*.test.ts"],
    pool: "threads",
    isolate: false,
    // Most tests wait for databases and servers of their own, so two cores carry more than two of them.
    maxWorkers: 4,
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
