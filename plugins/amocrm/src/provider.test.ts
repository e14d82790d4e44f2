import type { JsonObject } from "@crmessenger/kernel/infrastructure";
import { type CrmEntityKind, CrmProviders } from "@crmessenger/kernel/sales";
import { type CrmProviderUnderTest, describeCrmProvider } from "@crmessenger/testing";
import { AmoWorld } from "./amo-world.test.support.ts";
import { lostAnswer } from "./watched-client.test.support.ts";

/** amoCRM's machine: its own time, which goes on, and may be let go on faster. */
function amoClock() {
  let ahead = 0;
  return { now: () => Date.now() + ahead, pass: (milliseconds: number) => void (ahead += milliseconds) };
}

async function create(): Promise<CrmProviderUnderTest> {
  const clock = amoClock();
  const world = await AmoWorld.start({ sandbox: { limits: { requestsPerSecond: Infinity }, clock } });
  const { amo, manager, kernel, http } = world;
  const provider = kernel.get(CrmProviders).get("amocrm.account");
  await provider.read("contact", "1"); // prepares the account, as the first use does
  return {
    provider,
    crm: {
      records: async (kind) => (kind === "contact" ? amo.contacts() : amo.leads()).map(({ id }) => String(id)),
      async change(kind, externalId, fields) {
        const name = String(fields["name"]);
        if (kind === "contact") manager.updateContact(Number(externalId), { name, phone: phoneOf(fields) });
        else manager.updateLead(Number(externalId), { name, price: Number(fields["price"]) });
      },
      async ownerOf(_, externalId) {
        const [owner] = amo.leads().find(({ id }) => String(id) === externalId)?.contactIds ?? [];
        return owner === undefined ? undefined : String(owner);
      },
      shown: async (conversationId) => amo.messages(conversationId).map(({ text }) => text),
    },
    fields: (kind: CrmEntityKind, number: number): JsonObject =>
      kind === "contact"
        ? { name: `Контакт ${number}`, fields: { PHONE: `+7900000000${number}` } }
        : { name: `Сделка ${number}`, price: 100 * number },
    wrongFields: () => ({ name: "Кто-то", responsibleUserId: 999_999_999 }),
    passTime: () => clock.pass(10_000),
    loseAnswer() {
      let left = 1;
      http.after = ({ method }) => (method === "POST" && left-- > 0 ? lostAnswer() : undefined);
    },
    limit() {
      amo.faults.set({ rate429: 1 });
      return () => amo.faults.set({});
    },
    stop: () => world[Symbol.asyncDispose](),
  };
}

function phoneOf({ fields }: JsonObject): string {
  return String((fields as JsonObject)["PHONE"]);
}

describeCrmProvider({ name: "amoCRM", create });
