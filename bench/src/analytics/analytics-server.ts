import { tmpdir } from "node:os";
import { join } from "node:path";
import { analytics } from "@crmessenger/analytics";
import { communication } from "@crmessenger/communication";
import { http } from "@crmessenger/http";
import { httpChannel } from "@crmessenger/http-channel";
import { createKernel } from "@crmessenger/kernel";
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
import { SECRET } from "../inbound/requests.ts";
import { SUMMARY, brandField } from "./brand-field.ts";

/** The application of the inbound bench with reports. Argument: the database. */
const [databaseUrl = ""] = process.argv.slice(2);
const kernel = await createKernel({
  plugins: [
    mikroOrm({ databaseUrl }),
    node({ filesDirectory: join(tmpdir(), "crmessenger-bench-files") }),
    sales(),
    communication(),
    http({ port: 0 }),
    httpChannel(),
    brandField(),
    analytics({ summaries: [SUMMARY] }),
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
