import { describe } from "vitest";
import { breakages } from "./breakages.ts";

for (const { fault, suite, plugin } of breakages) {
  describe(fault, () => {
    suite({ name: fault, processes: "one", create: async () => ({ plugins: () => [plugin()] }) });
  });
}
