import { CrmError } from "@crmessenger/kernel";
import { describe, expect, it } from "vitest";
import { LONGEST_WAIT_MS, firstBackoff, retryAfterMs, retryDelay } from "./retry-delay.ts";

const NOW = Date.UTC(2026, 0, 5, 9);
const answer = (status: number, headers: Record<string, string> = {}) => ({
  response: { status, headers, body: new Uint8Array() },
});

describe("retryDelay", () => {
  it.each([429, 502, 503, 504])("repeats a %i after the back-off", (status) => {
    expect(retryDelay(answer(status), 300, NOW)).toBe(300);
  });

  it.each([200, 204, 301, 400, 401, 404, 409, 500, 501])("lets a %i stand", (status) => {
    expect(retryDelay(answer(status), 300, NOW)).toBeUndefined();
  });

  it.each(["CRM_HTTP_UNREACHABLE", "CRM_HTTP_TIMEOUT", "CRM_HTTP_INTERRUPTED"])("repeats after %s", (code) => {
    expect(retryDelay({ error: new CrmError(code, "It failed.") }, 300, NOW)).toBe(300);
  });

  it.each([new CrmError("CRM_HTTP_TOO_LARGE", "It is too large."), new Error("abort"), undefined])(
    "lets %s stand",
    (error) => {
      expect(retryDelay({ error }, 300, NOW)).toBeUndefined();
    },
  );

  it("waits as long as the server asks, up to a limit", () => {
    expect(retryDelay(answer(429, { "retry-after": "2" }), 300, NOW)).toBe(2_000);
    expect(retryDelay(answer(503, { "retry-after": "0" }), 300, NOW)).toBe(0);
    expect(retryDelay(answer(429, { "retry-after": "soon" }), 300, NOW)).toBe(300);
    expect(retryDelay(answer(429, { "retry-after": "11" }), 300, NOW)).toBeUndefined();
  });

  it("reads both forms of Retry-After", () => {
    expect(retryAfterMs("120", NOW)).toBe(120_000);
    expect(retryAfterMs(new Date(NOW + 5_000).toUTCString(), NOW)).toBe(5_000);
    expect(retryAfterMs(new Date(NOW - 5_000).toUTCString(), NOW)).toBe(0);
    expect(retryAfterMs(undefined, NOW)).toBeUndefined();
    expect(retryAfterMs("-1x", NOW)).toBeUndefined();
  });

  it("grows the back-off within bounds", () => {
    let backoff = firstBackoff();
    for (let attempt = 0; attempt < 50; attempt += 1) {
      expect(backoff.duration).toBeGreaterThanOrEqual(0);
      expect(backoff.duration).toBeLessThanOrEqual(LONGEST_WAIT_MS);
      backoff = backoff.next(undefined);
    }
  });
});
