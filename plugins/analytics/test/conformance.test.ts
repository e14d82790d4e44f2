import { AnalyticsEngine, reportQuerySchema } from "@crmessenger/kernel/analytics";
import { mikroOrm } from "@crmessenger/mikro-orm";
import { sales } from "@crmessenger/sales";
import { createTestKernel, describePlugin } from "@crmessenger/testing";
import { startPostgres } from "@crmessenger/testing/postgres";
import { afterAll } from "vitest";
import { analytics } from "../src/index.ts";
import { upToDate } from "./fixtures.ts";

const server = await startPostgres();
afterAll(() => server.stop());

const storage = () => mikroOrm({ databaseUrl: server.url });
const environment = { CRMESSENGER_SECRET_KEY: Buffer.alloc(32, 1).toString("base64") };

// Who migrates first loads the object-relational mapper, which writes to the environment that the suite watches.
await (await createTestKernel({ plugins: [storage()], environment })).stop();

describePlugin({
  plugin: () => analytics(),
  others: () => [storage(), sales()],
  environment,
  async exercise(kernel) {
    await upToDate(kernel);
    await kernel.run(() => kernel.get(AnalyticsEngine).buildReport(reportQuerySchema.parse({ metrics: ["leads"] })));
  },
});
