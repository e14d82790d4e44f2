import type { Channel, ChannelProvider } from "@crmessenger/kernel/communication";
import { expect, test } from "vitest";
import { describeChannel, failuresOf, runSuite } from "../../src/index.ts";
import { type Messenger, loopbackUnderTest } from "../communication/loopback-channel.ts";
import { but } from "./but.ts";

interface Breakage {
  readonly fault: string;
  readonly noticedBy: string;
  readonly change: (provider: ChannelProvider, messenger: Messenger) => ChannelProvider;
}

const withChannel =
  (change: (channel: Channel, messenger: Messenger) => Partial<Channel>): Breakage["change"] =>
  (provider, messenger) => ({
    ...provider,
    open(host) {
      const channel = provider.open(host);
      return but(channel, change(channel, messenger));
    },
  });

const breakages: readonly Breakage[] = [
  {
    fault: "sends again what it has sent",
    noticedBy: "reaches the customer once however often one key is sent",
    change: withChannel((channel) => {
      let sent = 0;
      return { send: (message) => channel.send(message, { idempotencyKey: `${message.id}-${(sent += 1)}` }) };
    }),
  },
  {
    fault: "drops a message that could not be stored",
    noticedBy: "offers a message again that could not be stored, until it is",
    change: (provider) => ({
      ...provider,
      open(host) {
        let n = 0;
        const receipt = (externalId: string) => ({
          messageId: externalId,
          conversationId: "chat",
          contactId: "contact",
          leadId: "lead",
          duplicate: false,
        });
        const dropping = but(host, {
          receive: (message) => host.receive(message).catch(() => receipt(`${(n += 1)}`)),
        });
        return provider.open(dropping);
      },
    }),
  },
  {
    fault: "forgets what was written while it was away",
    noticedBy: "hands over later what the customer wrote while it was away",
    change: withChannel((channel, messenger) => ({
      async connect() {
        messenger.inbox.length = 0;
        await channel.connect();
      },
    })),
  },
  {
    fault: "cleans texts up",
    noticedBy: "sends texts, unchanged and in order",
    change: withChannel((channel) => ({
      send: (message, options) =>
        channel.send(
          {
            ...message,
            parts: message.parts.map((part) =>
              part.type === "text" ? { ...part, text: part.text.replaceAll(/\s+/g, " ") } : part,
            ),
          },
          options,
        ),
    })),
  },
  {
    fault: "says that it is connected before it is",
    noticedBy: "is opened without connecting, connects, and disconnects",
    change: withChannel(() => ({ state: () => ({ status: "connected", reason: "" }) })),
  },
];

test.each(breakages)("a channel that $fault is noticed", async ({ fault, noticedBy, change }) => {
  const reports = await runSuite(() => describeChannel({ name: fault, create: () => loopbackUnderTest(change) }), {
    only: (name) => name === noticedBy,
  });
  expect(failuresOf(reports)).toEqual([noticedBy]);
});
