import { AsyncLocalStorage } from "node:async_hooks";
import { executionContext, isCrmError } from "@crmessenger/kernel";
import type { InboundMessage, InboundReceipt, Intake } from "@crmessenger/kernel/communication";
import type { LeadStates } from "@crmessenger/kernel/sales";
import type { Database } from "../database/database.ts";
import { ConversationCache } from "./conversation-cache.ts";
import type { ConversationChange } from "./group-rows.ts";
import type { Member } from "./member.ts";
import { openLeads } from "./open-leads.ts";
import { type PrepareServices, type PreparedGroup, prepareGroup } from "./prepare-group.ts";
import { type GroupKnowledge, type KnownConversation, emptyKnowledge, readGroup } from "./read-group.ts";

export interface IntakeServices extends PrepareServices {
  readonly database: Database;
  readonly states: LeadStates;
  /** Tells the event log that there are new events. */
  readonly wake: () => void;
}

/** More do not make a group cheaper per message, and the last member should not wait too long for the first. */
const MAX_GROUP = 256;
const MAX_ATTEMPTS = 6;
const LOST_CONNECTION_PAUSES_MS = [20, 200, 1_000];

const WRITE = "select intake_write($1::json, $2::json, $3::json, $4::json, $5::json, $6::json, $7::json, $8::json, $9::json, $10::text[])";

/**
 * Commits concurrent arrivals together. While one group is being written the next one gathers, so a group is as large
 * as the load is high, and a single message waits for nobody. A group costs a write, and a read for what is new.
 */
export function createIntake(services: IntakeServices): Intake {
  const desk: Desk = { services, cache: new ConversationCache(), finalStatuses: services.states.all().flatMap(({ status, final }) => (final ? [status] : [])) };
  const waiting: Member[] = [];
  let busy = false;
  // A group belongs to no caller: it must not run in the context, or the unit of work, of whoever came first.
  const outside = AsyncLocalStorage.snapshot();

  const work = async (): Promise<void> => {
    while (waiting.length > 0) await commit(desk, waiting.splice(0, MAX_GROUP));
    busy = false;
  };
  return {
    accept: (message: InboundMessage) =>
      new Promise<InboundReceipt>((resolve, reject) => {
        waiting.push({ message, context: executionContext(), messageId: services.ids.next(), resolve, reject });
        if (busy) return;
        busy = true;
        // At the end of this turn of the event loop, when everybody who is already here has joined.
        outside(() => setImmediate(() => void work()));
      }),
  };
}

interface Desk {
  readonly services: IntakeServices;
  readonly cache: ConversationCache;
  readonly finalStatuses: readonly string[];
}

/** Never rejects: every member hears for itself. */
async function commit(desk: Desk, members: readonly Member[]): Promise<void> {
  let lost = 0;
  for (let attempt = 1; ; attempt += 1) {
    try {
      settle(await write(desk, members));
      return;
    } catch (error) {
      desk.cache.forget(members);
      // After a lost connection nobody knows whether the group was committed; the next read will.
      const pause = isCrmError(error, "CRM_STORAGE_UNAVAILABLE") || isCrmError(error, "CRM_UOW_OUTCOME_UNKNOWN") ? LOST_CONNECTION_PAUSES_MS[lost++] : undefined;
      if (pause !== undefined) await desk.services.clock.sleep(pause);
      else if (attempt < MAX_ATTEMPTS && wasOvertaken(error)) continue;
      else if (members.length > 1 && isBadData(error)) return oneByOne(desk, members);
      else {
        for (const { reject } of members) reject(error);
        return;
      }
    }
  }
}

/** Somewhere in the group are data that the database refuses: only their member shall hear so. */
async function oneByOne(desk: Desk, members: readonly Member[]): Promise<void> {
  for (const member of members) await commit(desk, [member]);
}

async function write({ services, cache, finalStatuses }: Desk, members: readonly Member[]): Promise<PreparedGroup> {
  const { database } = services;
  const knowledge = emptyKnowledge();
  const strangers = cache.recall(members, knowledge);
  if (strangers.length > 0) await readGroup(database, strangers, finalStatuses, knowledge);
  const leads = await openLeads(database, contactsWithoutLead(members, knowledge), finalStatuses);
  const group = await prepareGroup(services, members, knowledge, leads);
  if (group.rows.messages.length === 0) return group;
  await database.query(WRITE, [...group.rows.parameters(), finalStatuses], { name: "intake-write" });
  cache.remember(members, asLeft(group.rows.conversations));
  services.wake();
  return group;
}

/** The conversations of a group as it left them in the database. */
function asLeft(changes: ReadonlyMap<string, ConversationChange>): ReadonlyMap<string, KnownConversation> {
  return new Map(
    [...changes].map(([key, { id, version = 0, fields, lead, owner, team, count }]) => [
      key,
      { id, version: version + 1, contactId: fields.contact, leadId: lead, ownerId: owner, teamId: team, messageCount: count },
    ]),
  );
}

/** Known people whose conversation has no open lead, or who have no conversation yet. */
function contactsWithoutLead(members: readonly Member[], knowledge: GroupKnowledge): readonly string[] {
  const covered = new Set<string>();
  for (const { contactId, leadId } of knowledge.conversations.values()) if (leadId !== null) covered.add(contactId);
  const contacts = new Set<string>();
  for (const { contactId, leadId } of knowledge.conversations.values()) if (leadId === null) contacts.add(contactId);
  if (knowledge.conversations.size < members.length) for (const contactId of knowledge.identities.values()) if (!covered.has(contactId)) contacts.add(contactId);
  return [...contacts];
}

function settle({ receipts, refused }: PreparedGroup): void {
  for (const [{ resolve }, receipt] of receipts) resolve(receipt);
  for (const [{ reject }, error] of refused) reject(error);
}

/** A concurrent change was faster: what we read is out of date. */
function wasOvertaken(error: unknown): boolean {
  return isCrmError(error, "CRM_UOW_CONFLICT") || isCrmError(error, "CRM_STORAGE_DUPLICATE");
}

function isBadData(error: unknown): boolean {
  return !isCrmError(error, "CRM_STORAGE_UNAVAILABLE");
}
