import { createHmac } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { TestAccount } from "../account.test.support.ts";

const MINUTE = 60_000;

describe("OAuth", () => {
  let now = Date.UTC(2026, 0, 15);
  let account: TestAccount;

  beforeEach(async () => {
    now = Date.UTC(2026, 0, 15);
    account = await TestAccount.open({ clock: { now: () => now } });
  });
  afterEach(async () => account[Symbol.asyncDispose]());

  const exchange = (grant: Record<string, unknown>) =>
    account.oauth({
      client_id: account.integration.clientId,
      client_secret: account.integration.clientSecret,
      redirect_uri: account.integration.redirectUri,
      ...grant,
    });
  const code = async (): Promise<string> =>
    (await account.amo.owner.consent({ clientId: account.integration.clientId, visit: false })).code;
  const login = async () => exchange({ grant_type: "authorization_code", code: await code() });

  it("sends the owner's browser back with a code that buys a pair of tokens", async () => {
    const consent = await account.amo.owner.consent({ clientId: account.integration.clientId, state: "s-1" });
    expect(consent.status).toBe(200);
    const query = new URL(account.receiver.received[0]?.url ?? "", account.receiver.url).searchParams;
    expect(query.get("code")).toBe(consent.code);
    expect(query.get("state")).toBe("s-1");
    expect(query.get("referer")).toBe(new URL(account.amo.url).host);

    const pair = await exchange({ grant_type: "authorization_code", code: consent.code });
    expect(pair).toMatchObject({ status: 200, type: "application/json" });
    expect(pair.body).toMatchObject({ token_type: "Bearer", expires_in: 86_400, server_time: now / 1000 });
    const claims = JSON.parse(Buffer.from(pair.body.access_token.split(".")[1], "base64url").toString("utf8"));
    expect(claims).toMatchObject({
      aud: account.integration.clientId,
      account_id: account.amo.account.id,
      api_domain: new URL(account.amo.url).host,
      exp: now / 1000 + 86_400,
    });
    expect((await account.rest("GET", "account", undefined, pair.body.access_token)).status).toBe(200);
  });

  it("tells of a refusal", async () => {
    await account.amo.owner.refuse({ clientId: account.integration.clientId, state: "s-2" });
    expect(account.receiver.received[0]?.url).toBe("/redirect?error=access_denied&state=s-2");
  });

  it("accepts a code once and for twenty minutes", async () => {
    const used = await code();
    expect((await exchange({ grant_type: "authorization_code", code: used })).status).toBe(200);
    expect(await exchange({ grant_type: "authorization_code", code: used })).toMatchObject({
      status: 400,
      type: "application/problem+json",
      body: { hint: "Authorization code has been revoked", title: "Некорректный запрос", status: 400 },
    });
    const old = await code();
    now += 20 * MINUTE;
    expect((await exchange({ grant_type: "authorization_code", code: old })).body.hint).toBe(
      "Authorization code has expired",
    );
    expect((await exchange({ grant_type: "authorization_code", code: "x" })).status).toBe(400);
  });

  it("rotates refresh tokens, and revokes the pair when a spent one comes again", async () => {
    const first = (await login()).body;
    const second = (await exchange({ grant_type: "refresh_token", refresh_token: first.refresh_token })).body;
    expect(second.refresh_token).not.toBe(first.refresh_token);
    expect((await account.rest("GET", "account", undefined, second.access_token)).status).toBe(200);

    const reused = await exchange({ grant_type: "refresh_token", refresh_token: first.refresh_token });
    expect(reused).toEqual({
      status: 401,
      type: "application/problem+json",
      body: {
        hint: "Token has been revoked",
        title: "Некорректный запрос",
        type: "https://developers.amocrm.ru/v3/errors/OAuthProblemJson",
        status: 401,
        detail: "В запросе отсутствует ряд параметров или параметры невалидны",
      },
    });
    expect((await account.rest("GET", "account", undefined, second.access_token)).status).toBe(401);
    const again = await exchange({ grant_type: "refresh_token", refresh_token: second.refresh_token });
    expect(again.body.hint).toBe("Token has been revoked");
  });

  it("lets access expire after a day and refresh after three months", async () => {
    const pair = (await login()).body;
    now += 24 * 60 * MINUTE;
    expect(await account.rest("GET", "account", undefined, pair.access_token)).toMatchObject({
      status: 401,
      type: "application/problem+json",
      body: { title: "Unauthorized", status: 401 },
    });
    now += 90 * 24 * 60 * MINUTE;
    const late = await exchange({ grant_type: "refresh_token", refresh_token: pair.refresh_token });
    expect(late.body.hint).toBe("Token has expired");
  });

  it("refuses strangers, other redirect addresses and unknown grants", async () => {
    expect((await account.oauth({ client_id: "x" })).status).toBe(401);
    const other = await exchange({ grant_type: "refresh_token", refresh_token: "x", redirect_uri: "http://x" });
    expect(other.status).toBe(400);
    expect((await exchange({ grant_type: "password" })).status).toBe(400);
    expect((await account.rest("GET", "account", undefined, "")).status).toBe(401);
    await expect(account.amo.owner.consent({ clientId: "x" })).rejects.toThrow("No integration");
    await expect(
      account.amo.owner.consent({ clientId: account.integration.clientId, redirectUri: "http://x" }),
    ).rejects.toThrow("redirects to");
  });

  it("revokes what the owner revokes", async () => {
    const pair = (await login()).body;
    account.amo.owner.revoke(account.integration.clientId);
    expect((await account.rest("GET", "account", undefined, pair.access_token)).status).toBe(401);
    const refresh = await exchange({ grant_type: "refresh_token", refresh_token: pair.refresh_token });
    expect(refresh).toMatchObject({ status: 401, body: { hint: "Token has been revoked" } });
  });

  it("asks on a page, or lets everybody in when the owner said so", async () => {
    const link = `${account.amo.url}/oauth?client_id=${account.integration.clientId}&state=s&mode=popup`;
    const page = await fetch(link);
    expect(await page.text()).toContain("/oauth/allow?client_id=");
    account.amo.owner.autoConsent = true;
    const redirect = await fetch(link, { redirect: "manual" });
    expect(redirect.status).toBe(302);
    expect(redirect.headers.get("location")).toContain(`${account.integration.redirectUri}?code=`);
    expect((await account.amo.owner.open(link)).status).toBe(200);
    expect((await fetch(`${account.amo.url}/oauth?client_id=x`)).status).toBe(404);
  });

  it("finds the account of a refresh token without spending it", async () => {
    const pair = (await login()).body;
    const url = `${account.amo.url}/oauth2/account/current/subdomain`;
    const answer = await fetch(url, { headers: { "x-refresh-token": pair.refresh_token } });
    expect(await answer.json()).toEqual({
      id: account.amo.account.id,
      subdomain: "sandbox",
      domain: new URL(account.amo.url).host,
      top_level_domain: "ru",
    });
    expect((await fetch(url, { headers: { "x-refresh-token": "x" } })).status).toBe(401);
    const refreshed = await exchange({ grant_type: "refresh_token", refresh_token: pair.refresh_token });
    expect(refreshed.status).toBe(200);
  });

  it("signs the uninstall hook and ends the tokens", async () => {
    const { clientId, clientSecret } = account.amo.registerIntegration({
      redirectUri: `${account.receiver.url}/redirect`,
      uninstallUri: `${account.receiver.url}/gone`,
    });
    const token = account.amo.longLivedToken(clientId);
    await account.amo.owner.uninstall(clientId);
    const query = new URL(account.receiver.received[0]?.url ?? "", account.receiver.url).searchParams;
    const signed = createHmac("sha256", clientSecret).update(`${clientId}|${account.amo.account.id}`).digest("hex");
    expect(query.get("signature")).toBe(signed);
    expect((await account.rest("GET", "account", undefined, token)).status).toBe(401);
  });
});
