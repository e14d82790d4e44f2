import type { Kernel } from "@crmessenger/kernel";
import { createRecordingHost, describeChannel, describeLoginFlow } from "@crmessenger/testing";
import { afterAll, beforeAll } from "vitest";
import { LocalMessenger } from "./support/local-messenger.ts";
import { accountAt, providerOf, startKernel } from "./support/open-account.ts";

let kernel: Kernel;
beforeAll(async () => {
  kernel = await startKernel();
});
afterAll(() => kernel.stop());

describeChannel({
  name: "template-name",
  async create() {
    const messenger = await LocalMessenger.start();
    const account = accountAt(messenger.url);
    const flow = await providerOf(kernel).login(createRecordingHost(account), "token");
    await flow.submit({ token: messenger.token });
    return {
      provider: providerOf(kernel),
      account,
      customer: {
        conversationExternalId: messenger.chat,
        write: async (text) => messenger.write(text),
        received: () => messenger.received,
      },
      interrupt: async () => messenger.interrupt(),
      stop: () => messenger.stop(),
    };
  },
});

describeLoginFlow({
  name: "template-name by token",
  async begin() {
    const messenger = await LocalMessenger.start();
    const flow = await providerOf(kernel).login(createRecordingHost(accountAt(messenger.url)), "token");
    return {
      flow,
      act: async ({ kind }) => (kind === "ask" ? flow.submit({ token: messenger.token }) : undefined),
      wrongAnswer: { token: "open sesame" },
      stop: () => messenger.stop(),
    };
  },
});
