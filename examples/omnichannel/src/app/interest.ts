import { definePlugin } from "@crmessenger/kernel";
import { MessageReceived } from "@crmessenger/kernel/communication";
import { MessageBus } from "@crmessenger/kernel/infrastructure";
import { GetLead, UpdateLead } from "@crmessenger/kernel/sales";

/** What people write about, and the words that give it away. */
const INTERESTS = [
  { value: "complaint", label: "A complaint", words: /spill|wrong|cold|lost|sorry|пролил|холодн|ошиб|потер/iu },
  { value: "payment", label: "Paying", words: /receipt|pay|card|price|cost|чек|оплат|карт|сколько|цен/iu },
  { value: "hours", label: "Opening hours", words: /open|close|sunday|hours|работаете|открыт|закрыт/iu },
  { value: "order", label: "An order", words: /latte|cappuccino|coffee|please|order|капучино|кофе|пожалуйста|заказ/iu },
] as const;

/**
 * A plugin of this application: it declares a custom field of leads and fills it from what people write, so that the
 * owner sees in reports what they come for. The first message that tells decides.
 */
export const interest = definePlugin({
  id: "interest",
  version: "1.0.0",
  deps: { bus: MessageBus },
  permissions: ["sales.lead.read", "sales.lead.update"],
  fields: {
    lead: {
      interest: {
        label: "Interest",
        type: { kind: "choice", options: INTERESTS.map(({ value, label }) => ({ value, label })) },
        indexed: true,
        reportable: true,
      },
    },
  },
  subscribe(events, { bus }) {
    events.on(MessageReceived.at(1), async ({ payload: { message, leadId } }) => {
      const text = message.parts.flatMap((part) => (part.type === "text" ? [part.text] : [])).join("\n");
      const found = INTERESTS.find(({ words }) => words.test(text));
      if (leadId === null || !found) return;
      const { attributes } = await bus.ask(GetLead, { id: leadId });
      if (attributes["interest"] !== undefined) return;
      await bus.dispatch(UpdateLead, { id: leadId, attributes: { interest: found.value } });
    });
  },
});
