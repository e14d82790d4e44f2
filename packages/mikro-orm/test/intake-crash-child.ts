import { type Kernel, createKernel, definePlugin } from "@crmessenger/kernel";
import { type InboundMessage, Intake } from "@crmessenger/kernel/communication";
import { UnitOfWork, silentLogger } from "@crmessenger/kernel/infrastructure";
import { ContactRepository, SalesHooks } from "@crmessenger/kernel/sales";
import { mikroOrm } from "../src/plugin.ts";
import type { Place } from "./services.ts";

const environment = { CRMESSENGER_SECRET_KEY: Buffer.alloc(32, 1).toString("base64") };

/** At this name the process stops between what the intake reads and what it writes. */
export const HALT = "Halt here";

export function startKernel(place: Place): Promise<Kernel> {
  const storage = "url" in place ? { databaseUrl: place.url } : { dataDirectory: place.directory };
  return createKernel({ plugins: [mikroOrm(storage), halting()], environment, logger: silentLogger });
}

const halting = definePlugin({
  id: "testing-halt",
  version: "1.0.0",
  extend(taps) {
    taps.tap(SalesHooks.contactDraft, (draft) => (draft.name === HALT && process.send ? arrive() : undefined), {
      deadlineMs: 60_000,
    });
  },
});

/** The n-th of many messages from a few people. */
export function messageOf(channelAccountId: string, n: number, name = "Anna"): InboundMessage {
  return {
    channelAccountId,
    channelType: "telegram",
    externalId: `message ${n}`,
    conversationExternalId: `chat ${n % 5}`,
    sender: { name, identities: [{ kind: "telegram", value: `user ${n % 5}`, verified: true }] },
    parts: [{ type: "text", text: `Message ${n}` }],
    sentAt: "2026-01-02T03:04:05.678Z",
  };
}

/** Says where it is, and never comes back from there. */
function arrive(): Promise<never> {
  process.send?.("arrived");
  return new Promise(() => {});
}

const scenarios: Readonly<Record<string, (kernel: Kernel, account: string, from: number) => Promise<unknown>>> = {
  /** Takes messages as fast as it can, and says of each that it was acknowledged. */
  async "while it receives"(kernel, account, from) {
    const intake = kernel.get(Intake);
    let n = from;
    const receive = async (): Promise<never> => {
      for (;;) {
        const message = messageOf(account, n++);
        await intake.accept(message);
        process.send?.(message.externalId);
      }
    };
    await Promise.all(Array.from({ length: 16 }, receive));
  },

  async "between reading and writing"(kernel, account, from) {
    await kernel.get(Intake).accept(messageOf(account, from, HALT));
  },

  async "in a unit of work"(kernel) {
    await kernel.get(UnitOfWork).run(async () => {
      await kernel
        .get(ContactRepository)
        .insert({ id: "01a1f7c3-fcd9-7001-8afc-2804626baf55", name: "Half done", ownerId: null, attributes: {} });
      await arrive();
    });
  },
};

if (process.send) {
  const [scenario, place, account, from] = JSON.parse(process.argv[2] ?? "[]") as [string, Place, string, number];
  await scenarios[scenario]?.(await startKernel(place), account, from);
}
