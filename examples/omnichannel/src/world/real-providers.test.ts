import { describe, expect, it } from "vitest";
import { isReal, realProviders } from "./real-providers.ts";

describe("realProviders", () => {
  it("takes the sandbox for everything that has no credentials", () => {
    expect(isReal(realProviders({}))).toBe(false);
    expect(isReal(realProviders({ PUBLIC_URL: "https://example.com" }))).toBe(false);
  });

  it("takes what has all it needs", () => {
    expect(realProviders({ TELEGRAM_API_ID: "1", TELEGRAM_API_HASH: "x" })).toMatchObject({
      telegram: true,
      whatsapp: false,
    });
    expect(realProviders({ WHATSAPP: "real" })).toMatchObject({ whatsapp: true });
    const amocrm = {
      AMOCRM_BASE_URL: "https://a.amocrm.ru",
      AMOCRM_CLIENT_ID: "c",
      AMOCRM_CLIENT_SECRET: "s",
      AMOCRM_CHANNEL_ID: "i",
      AMOCRM_CHANNEL_SECRET: "t",
      PUBLIC_URL: "https://p",
    };
    expect(realProviders(amocrm).amocrm).toEqual({
      baseUrl: "https://a.amocrm.ru",
      clientId: "c",
      channelId: "i",
      publicUrl: "https://p",
    });
  });

  it("names what is missing", () => {
    expect(() => realProviders({ TELEGRAM_API_ID: "1" })).toThrow(
      "Telegram needs more of the environment: TELEGRAM_API_HASH.",
    );
    expect(() => realProviders({ AMOCRM_CLIENT_ID: "1" })).toThrow(/AMOCRM_BASE_URL, AMOCRM_CLIENT_SECRET/);
  });
});
