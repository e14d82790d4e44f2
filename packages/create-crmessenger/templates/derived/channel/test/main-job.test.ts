import { communication } from "@crmessenger/communication";
import { http } from "@crmessenger/http";
import { iam, seedOwner } from "@crmessenger/iam";
import { HttpServer } from "@crmessenger/kernel/http";
import { memory } from "@crmessenger/memory";
import { httpClient } from "@crmessenger/node";
import { sales } from "@crmessenger/sales";
import { createTestKernel, eventually } from "@crmessenger/testing";
import { expect, onTestFinished, test } from "vitest";
import { templateName } from "../src/index.ts";
import { startTemplateName } from "./support/open-account.ts";

interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** A whole application with the channel, and its API as a manager's program calls it. */
async function startApplication() {
  const kernel = await createTestKernel({
    plugins: [
      memory(),
      iam(),
      sales(),
      communication(),
      http({ port: 0 }),
      httpClient({ allowedHosts: ["127.0.0.1"] }),
      templateName(),
    ],
  });
  onTestFinished(() => kernel.stop());
  const { url } = kernel.get(HttpServer);
  const email = "olga@example.org";
  const { password } = await kernel.run(() => seedOwner(kernel, { email, name: "Olga" }));
  let authorization = "";
  const call = async (method: string, path: string, json?: object): Promise<Answer> => {
    const response = await fetch(`${url}/api/v1${path}`, {
      method,
      headers: { authorization, ...(json ? { "content-type": "application/json" } : {}) },
      body: json ? JSON.stringify(json) : null,
    });
    return { status: response.status, body: (await response.json()) as Answer["body"] };
  };
  const { body } = await call("POST", "/sign-in", { email, password });
  authorization = `Bearer ${String(body["token"])}`;
  return { call, url, headers: () => ({ authorization }) };
}

test("a customer writes on Template name, a manager answers through the API, and receipts come back", async () => {
  const server = await startTemplateName();
  const { call, url, headers } = await startApplication();

  const settings = { baseUrl: server.url };
  const created = await call("POST", "/channels", { type: "template-name", name: "Coffee shop", settings });
  const accountId = String(created.body["id"]);
  expect((await call("POST", `/channels/${accountId}/login`)).body).toMatchObject({ kind: "ask" });
  await call("POST", `/channels/${accountId}/login/answer`, { values: { token: server.token } });
  await eventually(async () =>
    expect((await call("GET", `/channels/${accountId}`)).body).toMatchObject({
      externalId: "template-name-account",
      state: { status: "connected" },
    }),
  );

  const anna = server.customer("Anna");
  anna.writeFile({ mimeType: "image/png", fileName: "cup.png", content: "a picture" }, "Do you have this cup?");
  const conversation = await eventually(async () => {
    const { body } = await call("GET", "/conversations");
    expect(body["items"]).toHaveLength(1);
    const [found] = body["items"] as { id: string; leadId: string }[];
    return found ?? expect.unreachable();
  });
  expect((await call("GET", `/leads/${conversation.leadId}`)).body).toMatchObject({
    status: "new",
    source: { channel: "template-name", channelAccountId: accountId },
  });
  const { body: inbox } = await call("GET", `/conversations/${conversation.id}/messages`);
  const [question] = inbox["items"] as { author: object; parts: { file?: { path: string } }[] }[];
  expect(question).toMatchObject({
    author: { name: "Anna" },
    parts: [{ type: "media" }, { text: "Do you have this cup?" }],
  });
  const picture = await fetch(`${url}/api/v1/files/${question?.parts[0]?.file?.path}`, { headers: headers() });
  expect(await picture.text()).toBe("a picture");

  const parts = [{ type: "text", text: "Yes, in three colours" }];
  const queued = await call("POST", `/conversations/${conversation.id}/messages`, { parts });
  expect(queued.status).toBe(202);
  const reaches = (status: string) =>
    eventually(async () =>
      expect((await call("GET", `/messages/${String(queued.body["id"])}`)).body).toMatchObject({ status }),
    );
  await reaches("delivered");
  expect(anna.received).toMatchObject([{ text: "Yes, in three colours" }]);
  anna.read();
  await reaches("read");
});

test("a long answer arrives in pieces, in order, though Template name asks for a pause between them", async () => {
  const server = await startTemplateName();
  const { call } = await startApplication();
  const settings = { baseUrl: server.url };
  const { body: account } = await call("POST", "/channels", { type: "template-name", name: "Shop", settings });
  await call("POST", `/channels/${String(account["id"])}/login`);
  await call("POST", `/channels/${String(account["id"])}/login/answer`, { values: { token: server.token } });
  const anna = server.customer("Anna");
  anna.write("Tell me everything");
  const conversationId = await eventually(async () => {
    const { body } = await call("GET", "/conversations");
    return String((body["items"] as { id: string }[])[0]?.id ?? expect.unreachable());
  });
  server.refusals.push({ call: "POST /v1/chats", answer: { status: 429, headers: { "retry-after": "1" } } });
  const text = "All about coffee. ".repeat(400).trim();
  await call("POST", `/conversations/${conversationId}/messages`, { parts: [{ type: "text", text }] });
  await eventually(() => expect(anna.received).toHaveLength(2));
  expect(anna.received.map((piece) => piece.text).join("") === text).toBe(true);
});
