import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Kernel } from "@crmessenger/kernel";
import { ChannelAccountRepository, Intake } from "@crmessenger/kernel/communication";
import { Ids, SqlDatabase } from "@crmessenger/kernel/infrastructure";
import { describe, expect, onTestFinished, test } from "vitest";
import { HALT, messageOf, startKernel } from "./intake-crash-child.ts";
import { places } from "./places.ts";
import type { Place } from "./services.ts";

function start(scenario: string, place: Place, account: string, from = 0): ChildProcess {
  const args = [JSON.stringify([scenario, place, account, from])];
  const child = fork(fileURLToPath(new URL("intake-crash-child.ts", import.meta.url)), args, {
    execArgv: ["--conditions=@crmessenger/source"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  return child;
}

async function kill(child: ChildProcess): Promise<void> {
  const gone = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGKILL");
  await gone;
}

/** Runs a scenario until the process has sent so many messages, kills it, and answers all that it sent. */
async function killedAfter(child: ChildProcess, count: number): Promise<readonly string[]> {
  const heard: string[] = [];
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  child.on("message", (message) => {
    heard.push(String(message));
    if (heard.length === count) resolve();
  });
  child.once("exit", (code, signal) => reject(new Error(`The process ended with ${code ?? signal}.`)));
  await promise;
  await kill(child);
  return heard;
}

async function withKernel<T>(place: Place, work: (kernel: Kernel) => Promise<T>): Promise<T> {
  const kernel = await startKernel(place);
  try {
    return await work(kernel);
  } finally {
    await kernel.stop();
  }
}

function createAccount(place: Place): Promise<string> {
  return withKernel(place, async (kernel) => {
    const id = kernel.get(Ids).next();
    await kernel.get(ChannelAccountRepository).insert({
      id,
      type: "telegram",
      name: "Shop",
      enabled: true,
      settings: {},
      externalId: null,
      state: { status: "connected", reason: "" },
    });
    return id;
  });
}

/** What the tables hold, and whatever does not fit together in them. */
async function look(kernel: Kernel) {
  const query = <R extends Record<string, unknown>>(sql: string) => kernel.get(SqlDatabase).query<R>(sql);
  const messages = await query<{ external_id: string }>("select external_id from messages");
  const [counts] = await query(`select
    (select count(*) from contacts) as contacts, (select count(*) from channel_identities) as identities,
    (select count(*) from leads) as leads, (select count(*) from conversations) as conversations,
    (select count(*) from messages m where
      (select count(*) from activities a where a.data ->> 'messageId' = m.id::text) <> 1
      or (select count(*) from audit_entries a where a.target_id = m.id::text) <> 1
      or (select count(*) from events e where e.topic = 'message.received' and e.payload -> 'message' ->> 'id' = m.id::text) <> 1) as incomplete,
    (select count(*) from conversations c where c.message_count <> (select count(*) from messages m where m.conversation_id = c.id)
      or c.message_count <> (select max(ordinal) from messages m where m.conversation_id = c.id)) as miscounted`);
  return { stored: messages.map(({ external_id }) => external_id), counts };
}

for (const [engine, create] of Object.entries(places)) {
  describe(`After a kill, on ${engine}`, () => {
    test("every message that was acknowledged is there, whole and once, and all can be sent again", async () => {
      const place = await create();
      const account = await createAccount(place);
      const acknowledged: string[] = [];
      for (const [round, count] of [40, 150, 90].entries())
        acknowledged.push(...(await killedAfter(start("while it receives", place, account, round * 10_000), count)));
      await withKernel(place, async (kernel) => {
        const { stored, counts } = await look(kernel);
        expect(stored).toEqual(expect.arrayContaining(acknowledged));
        expect(new Set(stored).size).toBe(stored.length);
        expect(counts).toEqual({
          contacts: 5,
          identities: 5,
          leads: 5,
          conversations: 5,
          incomplete: 0,
          miscounted: 0,
        });
        const again = await Promise.all(
          stored.map((externalId) =>
            kernel.get(Intake).accept(messageOf(account, Number(externalId.slice("message ".length)))),
          ),
        );
        expect(again.every(({ duplicate }) => duplicate)).toBe(true);
        expect((await look(kernel)).stored).toHaveLength(stored.length);
      });
    });

    test("nothing is left of a message that was read for and not written, and it can come again", async () => {
      const place = await create();
      const account = await createAccount(place);
      await killedAfter(start("between reading and writing", place, account, 7), 1);
      await withKernel(place, async (kernel) => {
        expect(await look(kernel)).toMatchObject({
          stored: [],
          counts: { contacts: 0, identities: 0, leads: 0, conversations: 0 },
        });
        expect(await kernel.get(Intake).accept(messageOf(account, 7, HALT))).toMatchObject({ duplicate: false });
      });
    });

    test("nothing is left of a unit of work that was under way", async () => {
      const place = await create();
      await killedAfter(start("in a unit of work", place, ""), 1);
      await withKernel(place, async (kernel) => expect((await look(kernel)).counts).toMatchObject({ contacts: 0 }));
    });
  });
}
