import { communication } from "@crmessenger/communication";
import { iam } from "@crmessenger/iam";
import { createKernel } from "@crmessenger/kernel";
import { CreateUser, SaveRole } from "@crmessenger/kernel/iam";
import { EventDispatcher, UnitOfWork, uuidV7 } from "@crmessenger/kernel/infrastructure";
import { ContactCreated } from "@crmessenger/kernel/sales";
import { mikroOrm } from "@crmessenger/mikro-orm";
import { httpClient } from "@crmessenger/node";
import { sales } from "@crmessenger/sales";
import { CreateSubscription, webhooks } from "@crmessenger/webhooks";
import { CONCURRENCY, type Order, carryOut, contact } from "./messages.ts";

/** The application under test. Arguments: the database, the address. */
const [databaseUrl = "", url = ""] = process.argv.slice(2);
const ids = uuidV7();
const kernel = await createKernel({
  plugins: [
    mikroOrm({ databaseUrl }),
    httpClient({ allowedHosts: ["127.0.0.1"] }),
    iam(),
    sales(),
    communication(),
    webhooks(),
  ],
  environment: { CRMESSENGER_SECRET_KEY: Buffer.alloc(32, 3).toString("base64") },
});

const role = { name: "everything", grants: [{ permission: "*", scope: "all" as const }] };
const roleIds = [(await kernel.run(() => kernel.bus.dispatch(SaveRole, role))).id];
const user = { name: "Bench", email: "bench@example.com", roleIds, teamIds: [], timeZone: "UTC", locale: "en" };
const { id: ownerId } = await kernel.run(() => kernel.bus.dispatch(CreateUser, user));

async function subscribe(wanted: string): Promise<void> {
  const draft = CreateSubscription.input.parse({
    name: wanted,
    url,
    topics: [{ topic: ContactCreated.topic, version: 1 }],
    criteria: { op: "eq", field: "contact.attributes.source", value: wanted },
    concurrency: CONCURRENCY,
    perSecond: 10_000,
    ownerId,
  });
  await kernel.run(() => kernel.bus.dispatch(CreateSubscription, draft));
}

function commit(events: readonly string[]): Promise<void> {
  return kernel.run(() =>
    kernel.get(UnitOfWork).run(async () => {
      for (const id of events)
        await kernel.get(EventDispatcher).dispatch(ContactCreated, { type: "contact", id, version: 1 }, contact(id));
    }),
  );
}

await subscribe("bench");
process.on("message", (order: Order) => {
  void (order.kind === "bystanders" ? bystanders(order.count) : carryOut(order, () => ids.next(), commit)).then(
    (done) => process.send?.(done),
  );
});

async function bystanders(count: number): Promise<"ready"> {
  for (let index = 0; index < count; index += 1) await subscribe(`another-${index}`);
  return "ready";
}

process.send?.("ready");
