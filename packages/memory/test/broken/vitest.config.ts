import { mergeConfig } from "vitest/config";
import shared from "../../../../vitest.shared.ts";

const base = { ...shared, test: { ...shared.test, include: [] } };

/** For the run that must fail; the ordinary runs don't look for `*.suite.ts`. */
export default mergeConfig(base, { test: { name: "broken", include: ["test/broken/*.suite.ts"] } });
