import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Projects with tests that take long. They begin first, so that none of them is left alone at the end. */
const LONG = [
  "omnichannel",
  "worker",
  "create-crmessenger",
  "embed-koa",
  "cli",
  "mikro-orm",
  "iam",
  "memory",
  "amocrm",
  "whatsapp",
  "telegram",
  "sandbox",
];

class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ project }: TestSpecification) => (LONG.indexOf(project.name) + LONG.length + 1) % (LONG.length + 1);
    return (await super.sort(files)).toSorted((a, b) => rank(a) - rank(b));
  }
}

// Many tests start processes of their own: what these load is compiled once.
process.env["NODE_COMPILE_CACHE"] ??= fileURLToPath(new URL("node_modules/.cache/compiled", import.meta.url));

export default defineConfig({
  test: { projects: ["packages/*", "plugins/*", "examples/*"], sequence: { sequencer: LongFirst } },
});
