import { tmpdir } from "node:os";
import { join } from "node:path";
import { communication } from "@crmessenger/communication";
import { http } from "@crmessenger/http";
import { httpChannel } from "@crmessenger/http-channel";
import { type Plugin, createKernel } from "@crmessenger/kernel";
import {
  AwaitLoginStep,
  BeginLogin,
  CreateChannelAccount,
  GetChannelAccount,
  SubmitLogin,
} from "@crmessenger/kernel/communication";
import { HttpServer } from "@crmessenger/kernel/http";
import { mikroOrm } from "@crmessenger/mikro-orm";
import { node } from "@crmessenger/node";
import { sales } from "@crmessenger/sales";
import { SECRET } from "./requests.ts";

/**
 * Serves the application under test, with everything a production application has on this path, and writes where it
 * listens. `database`: a PostgreSQL address, or a directory for the embedded one.
 */
export async function serveInbound(database: string, more: readonly Plugin[] = []): Promise<void> {
  const storage = database.startsWith("postgresql:") ? { databaseUrl: database } : { dataDirectory: database };
  const kernel = await createKernel({
    plugins: [
      mikroOrm(storage),
      node({ filesDirectory: join(tmpdir(), "crmessenger-bench-files") }),
      sales(),
      communication(),
      http({ port: 0 }),
      httpChannel(),
      ...more,
    ],
    environment: { CRMESSENGER_SECRET_KEY: Buffer.alloc(32, 3).toString("base64") },
  });
  const { id } = await kernel.run(() =>
    kernel.bus.dispatch(CreateChannelAccount, { type: "http", name: "Bench", settings: {}, enabled: true }),
  );
  await kernel.run(() => kernel.bus.dispatch(BeginLogin, { id }));
  await kernel.run(() => kernel.bus.dispatch(SubmitLogin, { id, values: { secret: SECRET.toString("base64") } }));
  await kernel.run(() => kernel.bus.ask(AwaitLoginStep, { id, after: 1 }));
  while ((await kernel.run(() => kernel.bus.ask(GetChannelAccount, { id }))).state.status !== "connected")
    await new Promise((resolve) => setTimeout(resolve, 20));
  process.stdout.write(
    `${JSON.stringify({ port: kernel.get(HttpServer).port, path: `/hooks/http-channel/${id}`, account: id })}\n`,
  );
}
