import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LeadRepository } from "@crmessenger/kernel/sales";
import { where } from "@crmessenger/kernel/infrastructure";
import { mikroOrm } from "@crmessenger/mikro-orm";
import { node } from "@crmessenger/node";
import { expect, onTestFinished, test } from "vitest";
import { startWorld } from "./support/world.ts";

const secretKey = Buffer.alloc(32, 3).toString("base64");

test("whatever the payload may hold can be stored in PostgreSQL, and is found there again", async () => {
  const filesDirectory = await mkdtemp(join(tmpdir(), "crmessenger-http-channel-"));
  onTestFinished(() => rm(filesDirectory, { recursive: true }));
  const world = await startWorld({
    foundation: [mikroOrm(), node({ filesDirectory, allowedHosts: ["127.0.0.1"], logLevel: "silent" })],
    environment: { CRMESSENGER_SECRET_KEY: secretKey },
  });
  onTestFinished(() => world.kernel.stop());
  const { write, report, other, account } = await world.connectShop();
  other.files.set("/a", { status: 200, body: "file" });
  const [bad, replaced] = ["\0\uD800 %_' \\ 👋🏽", "\uFFFD\uFFFD %_' \\ 👋🏽"];
  const id = "m %_'\\👋🏽".padEnd(300, "x");
  const message = {
    id,
    conversationId: id,
    sender: { id: id.slice(0, 200), name: bad, phone: "no phone", email: "no e-mail" },
    text: bad,
    media: [{ url: `${other.origin}/a`, mimeType: "text/plain", fileName: bad }],
    utm: { source: bad },
    referrer: bad,
  };
  const answers = await Promise.all([write(message), write(message), write({ ...message, id: "m-2", replyTo: id })]);
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
  const { body } = await write(message);
  expect(body["duplicate"]).toBe(true);
  const messages = await world.messages(body["conversationId"] as string);
  expect(messages.map(({ externalId }) => externalId).toSorted()).toEqual([id, "m-2"].toSorted());
  expect(messages[0]).toMatchObject({
    sanitised: true,
    author: { name: replaced },
    parts: [
      { type: "media", file: { fileName: replaced, size: 4 } },
      { type: "text", text: replaced },
    ],
  });
  const [author] = messages.map((stored) => stored.author.id);
  const { items: leads } = await world.kernel.run(() =>
    world.kernel.get(LeadRepository).find(where("contactId").eq(author ?? "")),
  );
  const source = { channel: "http", channelAccountId: account.id, utm: { source: replaced }, referrer: replaced };
  expect(leads).toMatchObject([{ source }]);

  const answer = await world.sendText(body["conversationId"] as string, "Good morning");
  await world.reached(answer.id, "sent");
  await report(answer.id, "read");
  expect([(await world.message(answer.id)).status, other.texts]).toEqual(["read", ["Good morning"]]);
});
