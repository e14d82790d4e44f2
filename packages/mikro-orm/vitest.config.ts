import { mergeConfig } from "vitest/config";
import shared from "../../vitest.shared.ts";

/** As shared, but without "import": Vitest hands these to Node for `require` too, and `pg` would get the ESM build of its pool. */
const conditions = ["@crmessenger/source", "node"];

export default mergeConfig(
  { ...shared, ssr: { resolve: { conditions, externalConditions: conditions } } },
  { test: { name: "mikro-orm", globalSetup: ["./test/global-setup.ts"] } },
);
