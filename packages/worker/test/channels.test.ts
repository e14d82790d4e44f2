import { communication } from "@crmessenger/communication";
import {
  CreateChannelAccount,
  GetChannelAccount,
  ListConversations,
  ListMessages,
  SendMessage,
} from "@crmessenger/kernel/communication";
import { memory } from "@crmessenger/memory";
import { createTestKernel, eventually } from "@crmessenger/testing";
import { expect, test } from "vitest";
import { inWorker } from "../src/index.ts";
import { echo } from "./fixtures/echo.ts";

const module = new URL("./fixtures/echo.ts", import.meta.url);

async function boot() {
  const placed = inWorker(echo(), { module, restart: { minDelayMs: 1 } });
  const kernel = await createTestKernel({ plugins: [memory(), communication(), placed] });
  const texts = async (conversationId: string) => {
    const { items } = await kernel.bus.ask(ListMessages, { conversationId });
    return items.map(({ parts: [part], direction }) => `${direction} ${part?.type === "text" ? part.text : ""}`);
  };
  const conversation = () =>
    eventually(async () => {
      const [found] = (await kernel.bus.ask(ListConversations, {})).items;
      if (!found) throw new Error("Nothing has arrived.");
      return found.id;
    });
  const send = (conversationId: string, text: string) =>
    kernel.bus.dispatch(SendMessage, {
      conversationId,
      parts: [{ type: "text", text }],
      replyToId: null,
      origin: null,
    });
  const create = (settings: { volume: number }) =>
    kernel.bus.dispatch(CreateChannelAccount, { type: "echo", name: "Echo", settings, enabled: true });
  const stateOf = async (id: string) => (await kernel.bus.ask(GetChannelAccount, { id })).state.status;
  return { kernel, texts, conversation, send, create, stateOf };
}

test("a channel in a worker receives, sends, and tells its state", async () => {
  const { kernel, texts, conversation, send, create, stateOf } = await boot();
  await using _ = kernel;
  const account = await create({ volume: 2 });
  const id = await conversation();
  await send(id, "hello");
  await eventually(async () =>
    expect(await texts(id)).toEqual(["inbound is anybody there?", "outbound hello", "inbound hello"]),
  );
  await eventually(async () => expect(await stateOf(account.id)).toBe("connected"));
  expect(kernel.log.lines).toContainEqual({
    level: "info",
    message: "connected",
    fields: { plugin: "echo", account: account.id },
  });
});

test("the settings of a channel in a worker are checked by its schema", async () => {
  const { kernel, create } = await boot();
  await using _ = kernel;
  await expect(create({ volume: 0 })).rejects.toMatchObject({ status: 422 });
});

test("a channel connects again after its worker ended, and goes on", async () => {
  const { kernel, texts, conversation, send, create, stateOf } = await boot();
  await using _ = kernel;
  const account = await create({ volume: 1 });
  const id = await conversation();
  await eventually(async () => expect(await stateOf(account.id)).toBe("connected"));
  await send(id, "crash");
  await eventually(async () => expect(await stateOf(account.id)).toBe("degraded"), { everyMs: 1 });
  await eventually(async () => expect(await stateOf(account.id)).toBe("connected"));
  expect(await texts(id)).toEqual(["inbound is anybody there?", "outbound crash"]);
});
