import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    projects: ["packages/*", "plugins/*", "examples/*"],
    // Most tests wait for databases and servers of their own, so two cores carry more than two of them.
    maxWorkers: 4,
  },
});
