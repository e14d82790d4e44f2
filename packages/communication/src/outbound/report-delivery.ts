import { handle } from "@crmessenger/kernel";
import {
  type Conversation,
  type DeliveryUpdate,
  type Message,
  ReportDelivery,
} from "@crmessenger/kernel/communication";
import { and, where } from "@crmessenger/kernel/infrastructure";
import type { CommunicationServices } from "../services.ts";
import { advanceMessage } from "./advance-message.ts";
import type { EarlyReports } from "./early-reports.ts";

const PAGE = 500;

/** What a report about everything up to an id can move on. */
const BELOW = { delivered: ["sent"], read: ["sent", "delivered"] } as const;

interface Reported {
  readonly accountId: string;
  readonly update: DeliveryUpdate;
}

/**
 * Records what a channel says about outbound messages. Reports and acceptances of one account lock its row, so that
 * a report can't slip between the look for its message and the message's getting its external id.
 */
export function reportDelivery(services: CommunicationServices, early: EarlyReports) {
  return handle(ReportDelivery, async ({ channelAccountId: accountId, updates }) => {
    await services.accounts.get(accountId, { lock: true });
    let changed = 0;
    for (const update of updates) changed += await record(services, early, { accountId, update });
    return { changed };
  });
}

async function record(services: CommunicationServices, early: EarlyReports, reported: Reported): Promise<number> {
  const { accountId, update } = reported;
  const { status, at, failure = null, externalId, conversationExternalId: chat, upToExternalId: upTo } = update;
  const messages: Message[] = [];
  if (upTo !== undefined && chat !== undefined) {
    if (status !== "delivered" && status !== "read") return 0;
    await early.mark(accountId, chat, { status, at, upTo });
    messages.push(...(await coveredMessages(services, accountId, { chat, status, upTo: BigInt(upTo) })));
  } else {
    const message = await findMessage(services, reported);
    if (message) messages.push(message);
    else if (externalId !== undefined) await early.keep(accountId, externalId, update);
  }
  let changed = 0;
  for (const { id } of messages) {
    const message = await services.messages.get(id, { lock: true });
    if (message && (await advanceMessage(services, message, [{ status, at, failure }]))) changed += 1;
  }
  return changed;
}

async function findMessage(
  services: CommunicationServices,
  { accountId, update: { externalId } }: Reported,
): Promise<Message | undefined> {
  if (externalId === undefined) return undefined;
  const found = await services.messages.find(
    and(
      where<Message>("channelAccountId").eq(accountId),
      where<Message>("externalId").eq(externalId),
      where<Message>("direction").eq("outbound"),
    ),
    { limit: 1 },
  );
  return found.items[0];
}

async function coveredMessages(
  services: CommunicationServices,
  accountId: string,
  { chat, status, upTo }: { readonly chat: string; readonly status: keyof typeof BELOW; readonly upTo: bigint },
): Promise<readonly Message[]> {
  const conversations = await services.conversations.find(
    and(where<Conversation>("channelAccountId").eq(accountId), where<Conversation>("externalId").eq(chat)),
    { limit: 1 },
  );
  const [conversation] = conversations.items;
  if (!conversation) return [];
  const open = and(
    where<Message>("conversationId").eq(conversation.id),
    where<Message>("direction").eq("outbound"),
    where<Message>("status").in(BELOW[status]),
  );
  const covered: Message[] = [];
  for (let after: string | undefined; ;) {
    const page = await services.messages.find(open, {
      limit: PAGE,
      sort: [{ field: "ordinal", direction: "asc" }],
      ...(after === undefined ? {} : { after }),
    });
    covered.push(...page.items.filter(({ externalId: id }) => id !== null && /^\d+$/.test(id) && BigInt(id) <= upTo));
    if (page.next === undefined) return covered;
    after = page.next;
  }
}
