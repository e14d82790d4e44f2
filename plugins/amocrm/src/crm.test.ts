import {
  AssignLead,
  ChangeLeadStatus,
  GetContact,
  GetLead,
  UpdateContact,
  UpdateLead,
} from "@crmessenger/kernel/sales";
import { afterEach, describe, expect, it } from "vitest";
import { AmoWorld, type WorldOptions, until } from "./amo-world.test.support.ts";
import { notSent } from "./watched-client.test.support.ts";

const OWNER = "019a0000-0000-7000-8000-000000000001";

describe("contacts and leads", () => {
  let world: AmoWorld | undefined;
  afterEach(async () => {
    await world?.[Symbol.asyncDispose]();
    world = undefined;
  });

  /** A world with one conversation that amoCRM knows. */
  async function start(options: WorldOptions = {}) {
    const at = (world = await AmoWorld.start(options));
    const receipt = await at.phones.write("anna", "Здравствуйте");
    await until(() => at.amo.messages(receipt.conversationId).length === 1);
    const [amoLead] = at.amo.leads();
    const [amoContact] = at.amo.contacts();
    const lead = () => at.kernel.bus.ask(GetLead, { id: receipt.leadId });
    const contact = async () => (await at.kernel.bus.ask(GetContact, { id: receipt.contactId })).contact;
    const patches = () => at.http.sent.filter(({ method }) => method === "PATCH").length;
    return { ...receipt, at, lead, contact, patches, amoLead: amoLead?.id ?? 0, amoContact: amoContact?.id ?? 0 };
  }

  it("follow names in both directions, without an echo", async () => {
    const { at, lead, contact, patches, leadId, contactId, amoLead, amoContact } = await start();
    await at.kernel.bus.dispatch(UpdateLead, { id: leadId, title: "Кухня" });
    await at.kernel.bus.dispatch(UpdateContact, { id: contactId, name: "Анна Петрова" });
    await until(() => at.amo.leads()[0]?.name === "Кухня" && at.amo.contacts()[0]?.name === "Анна Петрова");
    expect(patches()).toBe(2);
    await at.amo.settled();

    at.manager.updateLead(amoLead, { name: "Кухня и ванная" });
    at.manager.updateContact(amoContact, { name: "Анна Сергеевна" });
    await until(async () => (await lead()).title === "Кухня и ванная" && (await contact()).name === "Анна Сергеевна");
    await at.amo.settled();
    await at.kernel.bus.dispatch(UpdateLead, { id: leadId, attributes: { colour: "white" } });
    await at.kernel.bus.dispatch(UpdateLead, { id: leadId, title: "Кухня, ванная" });
    await until(() => at.amo.leads()[0]?.name === "Кухня, ванная");
    expect(patches()).toBe(3);
  });

  it("follow statuses to amoCRM as the application maps them", async () => {
    const { at, leadId } = await start();
    const move = (status: string) => at.kernel.bus.dispatch(ChangeLeadStatus, { id: leadId, status });
    await move("in-progress");
    await move("disqualified");
    await until(() => at.amo.leads()[0]?.statusId === 143);
  });

  it("are closed in amoCRM after the messages that came while they were open", async () => {
    const { at, leadId, conversationId } = await start();
    at.http.before = ({ url }) => (url.includes("/v2/origin/custom/") ? notSent() : undefined);
    await at.phones.write("anna", "Уже не нужно");
    const move = (status: string) => at.kernel.bus.dispatch(ChangeLeadStatus, { id: leadId, status });
    await move("disqualified");
    await until(() => at.kernel.log.lines.some(({ message }) => message.includes("are told first")));
    at.http.before = () => undefined;
    await until(() => at.amo.leads()[0]?.statusId === 143 && at.chat(conversationId).length === 2);
    await at.amo.settled();
    expect(at.amo.leads()).toHaveLength(1); // a message to a closed lead would have made amoCRM open one of its own
  });

  it("that were closed before amoCRM could be reached are closed there after their messages", async () => {
    const at = (world = await AmoWorld.start());
    at.http.before = () => notSent();
    const { leadId, conversationId } = await at.phones.write("anna", "Здравствуйте");
    await at.kernel.bus.dispatch(ChangeLeadStatus, { id: leadId, status: "disqualified" });
    await until(() => at.kernel.log.lines.some(({ message }) => message.includes("provision is put off")));
    at.http.before = () => undefined;
    await until(() => at.amo.leads()[0]?.statusId === 143 && at.chat(conversationId).length === 1);
    await at.amo.settled();
    expect(at.amo.leads()).toHaveLength(1);
  });

  it("go through every state between when a manager skips some", async () => {
    const { at, lead, amoLead, patches } = await start();
    at.manager.updateLead(amoLead, { statusId: 142 });
    await until(async () => (await lead()).status === "converted");
    await at.amo.settled();
    expect(at.amo.leads()[0]?.statusId).toBe(142);
    expect(patches()).toBe(0);
  });

  it("stay as they are when amoCRM moves a lead where ours can't go", async () => {
    const { at, lead, leadId, amoLead } = await start();
    await at.kernel.bus.dispatch(ChangeLeadStatus, { id: leadId, status: "disqualified" });
    await until(() => at.amo.leads()[0]?.statusId === 143);
    at.manager.updateLead(amoLead, { statusId: 142 });
    await until(() =>
      at.kernel.log.lines.some(({ message }) => message.includes("can't go from disqualified to converted")),
    );
    expect((await lead()).status).toBe("disqualified");
    expect(at.amo.leads()[0]?.statusId).toBe(142);
  });

  it("follow who answers for a lead, for people that both sides know", async () => {
    const first = await AmoWorld.start({ login: false });
    const users = { [OWNER]: first.manager.id };
    await first[Symbol.asyncDispose]();
    const { at, lead, leadId, amoLead } = await start({ plugin: { users } });
    expect(at.manager.id).toBe(users[OWNER]);
    await at.kernel.bus.dispatch(AssignLead, { id: leadId, ownerId: OWNER });
    await until(() => at.amo.leads()[0]?.responsibleUserId === at.manager.id);
    const other = at.amo.manager({ name: "Пётр" });
    at.manager.updateLead(amoLead, { responsibleUserId: other.id });
    await at.amo.settled();
    expect((await lead()).ownerId).toBe(OWNER);
    at.manager.updateLead(amoLead, { responsibleUserId: at.manager.id, name: "Другое имя" });
    await until(async () => (await lead()).title === "Другое имя");
    expect((await lead()).ownerId).toBe(OWNER);
  });

  it("are looked at even when every webhook is lost", async () => {
    const { at, lead, amoLead } = await start({ plugin: { reconcileEveryMs: 100 } });
    at.amo.faults.set({ dropHookRate: 1 });
    at.manager.updateLead(amoLead, { name: "Без вебхука" });
    await until(async () => (await lead()).title === "Без вебхука");
  });
});
