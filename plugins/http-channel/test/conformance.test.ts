import {
  type ChannelUnderTest,
  createRecordingHost,
  describeChannel,
  describeLoginFlow,
  eventually,
} from "@crmessenger/testing";
import { afterAll, beforeAll, expect } from "vitest";
import { accountOf, logIn, providerOf } from "./support/open-account.ts";
import { OtherSystem } from "./support/other-system.ts";
import { type World, messageOf, startWorld } from "./support/world.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.kernel.stop());

async function channelUnderTest(): Promise<ChannelUnderTest> {
  const other = await OtherSystem.start();
  const account = accountOf({ outboundUrl: other.inbox });
  await logIn(world, account, other.secret);
  const hook = world.hook(account.id);
  let written = 0;
  let last: Promise<unknown> = Promise.resolve();
  const post = (data: object) => eventually(async () => expect((await other.post(hook, data)).status).toBe(200));
  const report = (messageId: string, status: string) =>
    post({ type: "status", data: { messageId, status, at: new Date().toISOString() } });
  other.react = async ({ id }) => {
    await report(id, "delivered");
    return { status: 200 };
  };
  return {
    provider: providerOf(world),
    account,
    customer: {
      conversationExternalId: "c-1",
      // The other system keeps what it could not post yet, and posts in order.
      write: async (text) => {
        const data = messageOf(`m-${(written += 1)}`, text);
        last = last.then(() => post({ type: "message", data }));
        await last;
      },
      received: () => other.texts,
      read: async () => {
        for (const { id } of other.posted) await report(id, "read");
      },
    },
    stop: () => other.stop(),
  };
}

describeChannel({ name: "http", create: channelUnderTest });

describeLoginFlow({
  name: "http by secret",
  async begin() {
    const secret = `whsec_${Buffer.alloc(24, 1).toString("base64")}`;
    const flow = await providerOf(world).login(createRecordingHost(accountOf({})), "secret");
    return {
      flow,
      act: async ({ kind }) => (kind === "ask" ? flow.submit({ secret }) : undefined),
      wrongAnswer: { secret: "open sesame" },
    };
  },
});
