import { communication } from "@crmessenger/communication";
import { memory } from "@crmessenger/memory";
import { httpClient } from "@crmessenger/node";
import { createRecordingHost, describeChannel, describeLoginFlow, describePlugin } from "@crmessenger/testing";
import { templateName } from "../src/index.ts";
import { accountOn, logIn, startTemplateName, startProvider } from "./support/open-account.ts";

describeChannel({
  name: "template-name",
  async create() {
    const { provider } = await startProvider();
    const server = await startTemplateName();
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
  name: "template-name by token",
  async begin() {
    const { provider } = await startProvider();
    const server = await startTemplateName();
    const flow = await provider.login(createRecordingHost(accountOn(server)), "token");
    return {
      flow,
      act: async ({ kind }) => (kind === "ask" ? flow.submit({ token: server.token }) : undefined),
      wrongAnswer: { token: "open sesame" },
    };
  },
});

describePlugin({
  plugin: () => templateName(),
  others: () => [memory(), communication(), httpClient()],
});
