import { startAmoCrmSandbox } from "@crmessenger/sandbox/amocrm";
import { afterEach, describe, expect, it } from "vitest";
import { AmoWorld, type WorldOptions, until } from "./amo-world.test.support.ts";
import { lostAnswer } from "./watched-client.test.support.ts";
import { ConnectAmoCrm } from "./index.ts";

const HOUR = 60 * 60_000;

describe("access to the account", () => {
  let world: AmoWorld | undefined;
  afterEach(async () => {
    await world?.[Symbol.asyncDispose]();
    world = undefined;
  });
  const start = async (options?: WorldOptions): Promise<AmoWorld> => (world = await AmoWorld.start(options));
  const refreshes = ({ http }: AmoWorld) => http.sent.filter(({ body }) => String(body).includes('"refresh_token"'));
  it("is asked for, and what waited goes out once it is granted", async () => {
    const at = await start({ login: false });
    expect(await at.status()).toMatchObject({ state: "needs-login", backlog: 0 });
    const { conversationId } = await at.phones.write("anna", "Кто-нибудь?");
    await until(async () => (await at.status()).backlog === 1);
    expect((await at.kernel.health()).status).toBe("degraded");
    expect(await at.login()).toBe(200);
    await until(() => at.amo.messages(conversationId).length === 1);
    await until(async () => (await at.status()).backlog === 0);
    expect(await at.status()).toMatchObject({ state: "connected", refused: [] });
    expect((await at.kernel.health()).status).toBe("up");
  });

  it("can be refused, and an answer that was not asked for is worth nothing", async () => {
    const at = await start({ login: false });
    const { url, expiresAt } = await at.kernel.bus.dispatch(ConnectAmoCrm, {});
    expect(Date.parse(expiresAt)).toBeGreaterThan(Date.now());
    const query = new URL(url).searchParams;
    expect(query.get("client_id")).toBe(at.integration.clientId);
    const state = query.get("state") ?? "";
    expect(await at.amo.owner.refuse({ clientId: at.integration.clientId, state })).toBe(400);
    const forged = await at.amo.owner.consent({ clientId: at.integration.clientId, state: "forged" });
    expect(forged.status).toBe(400);
    const page = await fetch(`${at.publicUrl}/hooks/amocrm/oauth?state=${state}&code=<b>`);
    expect(page.status).toBe(400);
    expect(await page.text()).toContain("Dispatch amocrm.connect");
    expect(await at.state()).toBe("needs-login");
    expect((await at.amo.owner.consent({ clientId: at.integration.clientId, state })).status).toBe(200);
    expect(await at.state()).toBe("connected");
    expect((await at.amo.owner.consent({ clientId: at.integration.clientId, state })).status).toBe(400);
  });

  it("can be a long-lived token from the environment", async () => {
    const amo = await startAmoCrmSandbox({ limits: { requestsPerSecond: Infinity } });
    const token = amo.longLivedToken(amo.registerIntegration({ redirectUri: "http://127.0.0.1:1/" }).clientId);
    await amo.close();
    // A token of another account: it is used as it is, and what to do about it is said when it is refused.
    const at = await start({ login: false, environment: { AMOCRM_ACCESS_TOKEN: token } });
    await at.phones.write("anna", "1");
    await until(async () => (await at.status()).reason.includes("AMOCRM_ACCESS_TOKEN"));
    expect(at.http.sent[0]?.headers?.["authorization"]).toBe(`Bearer ${token}`);
  });

  it("needs its secrets", async () => {
    const without = { login: false, environment: { AMOCRM_CHANNEL_SECRET: "" } };
    await expect(start(without)).rejects.toThrow("AMOCRM_CHANNEL_SECRET");
  });

  it("is renewed when amoCRM says that it has ended, once for all who need it", async () => {
    let skew = 0;
    const at = await start({
      sandbox: { clock: { now: () => Date.now() + skew }, limits: { requestsPerSecond: Infinity } },
    });
    const first = await at.phones.write("anna", "1");
    await until(() => at.amo.messages(first.conversationId).length === 1);
    // amoCRM's clock runs on; the chats API would not take signatures of another day.
    const people = ["b", "c", "d"];
    skew = 25 * HOUR;
    at.http.after = ({ url }) => {
      if (url.includes("access_token")) skew = 0;
      return undefined;
    };
    const receipts = await Promise.all(people.map((person) => at.phones.write(person, "2")));
    await until(() => receipts.every(({ conversationId }) => at.amo.messages(conversationId).length === 1));
    expect(refreshes(at)).toHaveLength(1);
  });

  it("is asked for again when the owner takes it away, and nothing is lost", async () => {
    const at = await start();
    const first = await at.phones.write("anna", "1");
    await until(() => at.amo.messages(first.conversationId).length === 1);
    at.amo.owner.revoke();
    const second = await at.phones.write("boris", "2");
    await until(async () => (await at.state()) === "needs-login");
    expect((await at.status()).reason).toContain("revoked");
    await at.login();
    await until(() => at.amo.messages(second.conversationId).length === 1);
    expect(at.amo.contacts()).toHaveLength(2);
  });

  it("is asked for again when the answer to a renewal was lost", async () => {
    let skew = 0;
    const at = await start({
      sandbox: { clock: { now: () => Date.now() + skew }, limits: { requestsPerSecond: Infinity } },
    });
    skew = 25 * HOUR;
    let answered = 0;
    at.http.after = ({ url }) => {
      if (!url.includes("access_token")) return undefined;
      skew = 0;
      answered += 1;
      return answered === 1 ? lostAnswer() : undefined;
    };
    const { conversationId } = await at.phones.write("anna", "1");
    await until(async () => (await at.state()) === "needs-login");
    await at.login();
    await until(() => at.amo.messages(conversationId).length === 1);
    expect(at.amo.contacts()).toHaveLength(1);
  });

  it("survives a renewal that never arrived", async () => {
    let skew = 0;
    const at = await start({
      sandbox: { clock: { now: () => Date.now() + skew }, limits: { requestsPerSecond: Infinity } },
    });
    skew = 25 * HOUR;
    let lost = 1;
    at.http.before = ({ url }) => (url.includes("access_token") && lost-- > 0 ? lostAnswer() : undefined);
    at.http.after = ({ url }) => {
      if (url.includes("access_token")) skew = 0;
      return undefined;
    };
    const { conversationId } = await at.phones.write("anna", "1");
    await until(() => at.amo.messages(conversationId).length === 1);
    expect(await at.state()).toBe("connected");
  });
});
