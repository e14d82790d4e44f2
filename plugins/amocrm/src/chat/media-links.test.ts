import { systemClock } from "@crmessenger/kernel/infrastructure";
import { describe, expect, it } from "vitest";
import { MediaLinks } from "./media-links.ts";

const DAY = 24 * 60 * 60_000;
const file = { path: "inbound/a/1", mimeType: "image/png", size: 3, sha256: "0" };

describe("MediaLinks", () => {
  let now = Date.UTC(2026, 0, 1);
  const clock = { ...systemClock, now: () => now };
  const links = new MediaLinks({ secret: "s", publicUrl: "https://crm.example.com", clock });
  const token = (): string => links.addressOf(file)?.split("/").at(-1) ?? "";

  it("lead back to the file for a week", () => {
    const given = token();
    expect(links.addressOf(file)).toBe(`https://crm.example.com/hooks/amocrm/media/${given}`);
    expect(links.pathOf(given)).toBe("inbound/a/1");
    now += 8 * DAY;
    expect(links.pathOf(given)).toBeUndefined();
  });

  it("can't be made by anybody else", () => {
    const given = token();
    const [path, until, signature] = given.split(".");
    expect(links.pathOf(`${Buffer.from("other").toString("base64url")}.${until}.${signature}`)).toBeUndefined();
    expect(links.pathOf(`${path}.zzzzzzzzzz.${signature}`)).toBeUndefined();
    expect(links.pathOf("")).toBeUndefined();
    expect(new MediaLinks({ secret: "t", publicUrl: "https://x", clock }).pathOf(given)).toBeUndefined();
  });

  it("are not given when amoCRM can't reach us", () => {
    expect(new MediaLinks({ secret: "s", publicUrl: undefined, clock }).addressOf(file)).toBeUndefined();
  });
});
