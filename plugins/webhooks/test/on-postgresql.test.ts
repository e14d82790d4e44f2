import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { WebhookDispatcher } from "@crmessenger/kernel/extensibility";
import { EventLog, everything, where } from "@crmessenger/kernel/infrastructure";
import { mikroOrm } from "@crmessenger/mikro-orm";
import { type TestKernel, describeWebhookDispatcher, eventually } from "@crmessenger/testing";
import { startPostgres } from "@crmessenger/testing/postgres";
import { afterAll, expect, onTestFinished, test } from "vitest";
import { DisableSubscription } from "../src/index.ts";
import { type CrashOrder, environment } from "./support/crash-child.ts";
import { type Behaviour, type LocalReceiver, accepts, faults, startReceiver } from "./support/receiver.ts";
import { contactEvent, contactTopic, pluginsOf, startWorld, subscribe } from "./support/world.ts";

const postgres = await startPostgres();
afterAll(() => postgres.stop());
const storage = () => mikroOrm({ databaseUrl: postgres.url });

describeWebhookDispatcher({
  name: "webhooks on PostgreSQL",
  plugins: () => pluginsOf({ storage: storage() }),
  environment,
  topics: { ...contactTopic, other: "contact.updated" },
  event: async (kernel) => contactEvent(kernel),
  subscribe: async (kernel, draft) => (await subscribe(kernel, { ...draft, topics: [...draft.topics] })).subscription,
  disable: async (kernel, id) => void (await kernel.bus.dispatch(DisableSubscription, { id })),
});

/** A process of its own, with webhooks in it. */
function start(order: Omit<CrashOrder, "databaseUrl">): ChildProcess {
  const child = fork(
    fileURLToPath(new URL("support/crash-child.ts", import.meta.url)),
    [JSON.stringify({ ...order, databaseUrl: postgres.url })],
    { execArgv: ["--conditions=@crmessenger/source"] },
  );
  onTestFinished(() => void child.kill("SIGKILL"));
  return child;
}

async function heard(child: ChildProcess, message: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  child.on("message", (sent) => void (sent === message && resolve()));
  child.once("exit", (code, signal) => reject(new Error(`The process ended with ${code ?? signal}.`)));
  await promise;
}

async function kill(child: ChildProcess): Promise<void> {
  const gone = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGKILL");
  await gone;
}

/** Every now and then something goes wrong. */
function moody(): Behaviour {
  const moods = [accepts, faults.fails, accepts, faults.resets, accepts, accepts, faults.redirects];
  let turn = 0;
  return (response, arrival) => moods[turn++ % moods.length]?.(response, arrival);
}

/** The event of each arrival with the id it came under. */
function idsByEvent({ arrivals }: LocalReceiver): ReadonlyMap<string, ReadonlySet<string>> {
  const ids = new Map<string, Set<string>>();
  for (const { headers, body } of arrivals) {
    const { eventId } = JSON.parse(String(body)) as { eventId: string };
    ids.set(eventId, (ids.get(eventId) ?? new Set()).add(String(headers["webhook-id"])));
  }
  return ids;
}

async function contactsIn(kernel: TestKernel): Promise<readonly string[]> {
  const events = await kernel.get(EventLog).read({ after: 0, limit: 1_000, topics: [contactTopic.topic] });
  return events.map(({ id }) => id);
}

test("whenever the process is killed, every event reaches every receiver, each under one id", async () => {
  const receivers = [await startReceiver(), await startReceiver()];
  for (const receiver of receivers) receiver.behave(moody());
  let urls = receivers.map(({ url }) => url);
  for (const arrivals of [15, 70]) {
    const child = start({ urls, contacts: 30 });
    await heard(child, "ready");
    await eventually(() => expect(receivers[0]?.arrivals.length).toBeGreaterThan(arrivals), { deadlineMs: 20_000 });
    await kill(child);
    urls = [];
  }
  const kernel = await startWorld({ storage: storage(), environment });
  onTestFinished(() => kernel.stop());
  for (const receiver of receivers) receiver.behave(accepts);
  await kernel.run(async () => {
    const events = await contactsIn(kernel);
    expect(events.length).toBeGreaterThan(30);
    const open = () => kernel.get(WebhookDispatcher).deliveries(where("status").eq("pending"));
    await eventually(
      async () => {
        expect((await open()).items).toEqual([]);
        for (const receiver of receivers) expect(new Set(idsByEvent(receiver).keys())).toEqual(new Set(events));
      },
      { deadlineMs: 30_000 },
    );
    for (const receiver of receivers) for (const ids of idsByEvent(receiver).values()) expect(ids.size).toBe(1);
    expect((await kernel.get(WebhookDispatcher).deliveries(everything, { limit: 1 })).items).toHaveLength(1);
  });
}, 90_000);
