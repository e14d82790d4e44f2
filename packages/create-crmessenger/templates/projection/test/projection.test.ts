import { CreateContact, CreateLead } from "@crmessenger/kernel/sales";
import { memory } from "@crmessenger/memory";
import { sales } from "@crmessenger/sales";
import { type TestKernel, createTestClock, createTestKernel, eventually } from "@crmessenger/testing";
import { expect, test } from "vitest";
import { CountTemplateName } from "../src/operations.ts";
import { templateName } from "../src/plugin.ts";

const DAY_MS = 24 * 60 * 60 * 1_000;

test("counts the leads of a day by channel", async () => {
  const clock = createTestClock();
  await using kernel = await createTestKernel({ plugins: [memory(), sales(), templateName()], clock });
  const [first, next] = [dayOf(clock.now()), dayOf(clock.now() + DAY_MS)];
  for (const channel of ["telegram", "web-form", "telegram"]) await createLead(kernel, channel);
  await clock.advance(DAY_MS);
  await createLead(kernel, "telegram");

  const figures = (day: string) => kernel.bus.ask(CountTemplateName, { day });
  await eventually(async () => expect((await figures(next)).leads).toEqual({ telegram: 1 }));
  expect((await figures(first)).leads).toEqual({ telegram: 2, "web-form": 1 });
  expect((await figures("2000-01-01")).leads).toEqual({});
});

async function createLead(kernel: TestKernel, channel: string): Promise<void> {
  const person = { name: "Ada", identities: [], ownerId: null, attributes: {} };
  const { contact } = await kernel.bus.dispatch(CreateContact, person);
  const lead = { title: "A question", contactId: contact.id, ownerId: null, teamId: null, attributes: {} };
  await kernel.bus.dispatch(CreateLead, { ...lead, source: { channel } });
}

function dayOf(milliseconds: number): string {
  return new Date(milliseconds).toISOString().slice(0, 10);
}
