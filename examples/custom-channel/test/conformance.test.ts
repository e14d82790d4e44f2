import { communication } from "@crmessenger/communication";
import { memory } from "@crmessenger/memory";
import { httpClient } from "@crmessenger/node";
import { createRecordingHost, describeChannel, describeLoginFlow, describePlugin } from "@crmessenger/testing";
import { pigeon } from "../src/index.ts";
import { accountOn, logIn, startPigeon, startProvider } from "./support/open-account.ts";

describeChannel({
  name: "pigeon",
  async create() {
    const { provider } = await startProvider();
    const server = await startPigeon();
    const account = accountOn(server);
    await logIn(provider, account, server.token);
    const customer = server.customer("Anna");
    return {
      provider,
      account,
      customer: {
        conversationExternalId: customer.chatId,
        write: async (text) => void customer.write(text),
        received: () => customer.received.map(({ text }) => text ?? ""),
        read: async () => customer.read(),
      },
      interrupt: async () => server.interrupt(),
    };
  },
});

describeLoginFlow({
  name: "pigeon by token",
  async begin() {
    const { provider } = await startProvider();
    const server = await startPigeon();
    const flow = await provider.login(createRecordingHost(accountOn(server)), "token");
    return {
      flow,
      act: async ({ kind }) => (kind === "ask" ? flow.submit({ token: server.token }) : undefined),
      wrongAnswer: { token: "open sesame" },
    };
  },
});

describePlugin({
  plugin: () => pigeon(),
  others: () => [memory(), communication(), httpClient()],
});
