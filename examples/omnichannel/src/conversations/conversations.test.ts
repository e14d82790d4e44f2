import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { loadConversations } from "./load-conversations.ts";
import { planThreads } from "./plan-threads.ts";

const folder = mkdtempSync(join(tmpdir(), "conversations-"));
afterAll(() => rmSync(folder, { recursive: true }));

const file = (...lines: readonly unknown[]) => {
  const path = join(folder, "conversations.jsonl");
  writeFileSync(path, lines.map((line) => (typeof line === "string" ? line : JSON.stringify(line))).join("\n"));
  return path;
};

const conversation = (id: string, changes: object = {}) => ({
  conversation_id: id,
  scenario: "s",
  utterances: [{ speaker: "user", text: "Hi" }],
  ...changes,
});

describe("loadConversations", () => {
  it("reads the conversations of this example", () => {
    const own = loadConversations(fileURLToPath(new URL("../../data/conversations.jsonl", import.meta.url)));
    expect(own.length).toBeGreaterThanOrEqual(40);
    const texts = own.flatMap(({ utterances }) => utterances.map(({ text }) => text));
    expect(texts.some((text) => /[а-я]/.test(text))).toBe(true);
    expect(own.some(({ utterances }) => utterances.some(({ media }) => media !== undefined))).toBe(true);
    const onBoth = own.filter(({ customer }) => customer === "anna").map(({ channel }) => channel);
    expect(new Set(onBoth)).toEqual(new Set(["telegram", "whatsapp"]));
  });

  it("names the line and what is wrong with it", () => {
    expect(() => loadConversations(join(folder, "absent.jsonl"))).toThrow(/absent\.jsonl can't be read/);
    expect(() => loadConversations(file(""))).toThrow(/holds no conversation/);
    expect(() => loadConversations(file(conversation("a"), "{oops"))).toThrow(/line 2 is not JSON/);
    expect(() => loadConversations(file(conversation("a", { utterances: [] })))).toThrow(
      /line 1 is not a conversation: utterances/,
    );
    expect(() => loadConversations(file(conversation("a"), conversation("a")))).toThrow(/"a" stands there twice/);
    expect(() => loadConversations(file(conversation("a", { utterances: [{ speaker: "user", text: "" }] })))).toThrow(
      /needs a text or a file/,
    );
    expect(() =>
      loadConversations(file(conversation("a", { utterances: [{ speaker: "user", text: "", media: "gone.png" }] }))),
    ).toThrow(/gone\.png/);
  });
});

describe("planThreads", () => {
  it("alternates between the messengers and joins what one person says on one of them", () => {
    const threads = planThreads(
      loadConversations(
        file(
          conversation("a"),
          conversation("b"),
          conversation("c", { customer: "eve", channel: "telegram" }),
          conversation("d", { customer: "eve", channel: "telegram" }),
        ),
      ),
    );
    expect(threads.map(({ person, channel, conversations }) => [person, channel, conversations])).toEqual([
      ["a", "telegram", ["a"]],
      ["b", "whatsapp", ["b"]],
      ["eve", "telegram", ["c", "d"]],
    ]);
  });
});
