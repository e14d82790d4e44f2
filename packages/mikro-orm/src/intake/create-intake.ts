import { AsyncLocalStorage } from "node:async_hooks";
import { executionContext, isCrmError } from "@crmessenger/kernel";
import {
  type InboundMessage,
  type InboundReceipt,
  type Intake,
  MessageReceived,
  ReceiveMessage,
} from "@crmessenger/kernel/communication";
import type { LeadStates } from "@crmessenger/kernel/sales";
import type { Database } from "../database/database.ts";
import { ConversationCache } from "./conversation-cache.ts";
import { GroupQueue } from "./group-queue.ts";
import { type Member, createMember } from "./member.ts";
import { type PrepareServices, type PreparedGroup, prepareGroup } from "./prepare-group.ts";
import { type KnownConversation, emptyKnowledge, readGroup } from "./read-group.ts";

export interface IntakeServices extends PrepareServices {
  readonly database: Database;
  readonly states: LeadStates;
  /** Tells the event log that there are new events. */
  readonly wake: () => void;
}

/** More do not make a group cheaper per message, and the last member should not wait too long for the first. */
const MAX_GROUP = 256;
/** The embedded database is one connection; a server works on one group while this process prepares another. */
const MAX_IN_FLIGHT = { pglite: 1, postgresql: 2 } as const;
const MIN_BESIDE = 48;

const MAX_ATTEMPTS = 6;
const LOST_CONNECTION_PAUSES_MS = [20, 200, 1_000];

const WRITE =
  "select intake_write($1::timestamptz, $2::text[], $3, $4, $5::int, $6::jsonb, $7::jsonb, $8::jsonb, $9::jsonb, $10::jsonb, $11::jsonb, $12::jsonb)";

interface Desk {
  readonly services: IntakeServices;
  readonly cache: ConversationCache;
  readonly finalStatuses: readonly string[];
}

/**
 * Commits concurrent arrivals together: a group costs a write, and a read for those that are new here. Inside a unit
 * of work a message is written with that instead, and commits with it.
 */
export function createIntake(services: IntakeServices): Intake {
  const finalStatuses = services.states.all().flatMap(({ status, final }) => (final ? [status] : []));
  const desk: Desk = { services, cache: new ConversationCache(), finalStatuses };
  // A group belongs to no caller: it must not run in the context, or the unit of work, of whoever came first.
  const outside = AsyncLocalStorage.snapshot();
  const queue = new GroupQueue<Member>({
    maxGroup: MAX_GROUP,
    maxInFlight: MAX_IN_FLIGHT[services.database.engine],
    minBeside: MIN_BESIDE,
    commit: (members) => commit(desk, members),
  });
  const memberFor = (message: InboundMessage, settle: Pick<Member, "resolve" | "reject">) =>
    createMember(message, executionContext(), services.ids.next(), settle);
  return {
    accept(message) {
      if (executionContext().unitOfWork) return acceptInside(desk, (settle) => memberFor(message, settle));
      return new Promise<InboundReceipt>((resolve, reject) => {
        const member = memberFor(message, { resolve, reject });
        outside(() => queue.add(member));
      });
    },
  };
}

/** Alone, in the current unit of work. What the cache holds could be older than the unit, so everything is read. */
async function acceptInside(
  desk: Desk,
  memberFor: (settle: Pick<Member, "resolve" | "reject">) => Member,
): Promise<InboundReceipt> {
  const { promise, resolve, reject } = Promise.withResolvers<InboundReceipt>();
  const member = memberFor({ resolve, reject });
  desk.cache.forget([member]);
  settle(await write(desk, [member]));
  desk.services.database.afterCommit(() => {
    desk.cache.forget([member]);
    desk.services.wake();
  });
  return promise;
}

/** Never rejects: every member hears for itself. */
async function commit(desk: Desk, members: readonly Member[]): Promise<void> {
  let lost = 0;
  for (let attempt = 1; ; attempt += 1) {
    try {
      const group = await write(desk, members);
      desk.cache.remember(members, conversationsOf(group));
      settle(group);
      desk.services.wake();
      return;
    } catch (error) {
      desk.cache.forget(members);
      // After a lost connection nobody knows whether the group was committed; the next read will.
      const pause = isLost(error) ? LOST_CONNECTION_PAUSES_MS[lost++] : undefined;
      if (pause !== undefined) await desk.services.clock.sleep(pause);
      else if (attempt < MAX_ATTEMPTS && wasOvertaken(error)) continue;
      else if (members.length > 1 && !isLost(error)) return oneByOne(desk, members);
      else return refuse(members, error);
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
  const group = await prepareGroup(services, members, knowledge);
  if (group.rows.messages.length === 0) return group;
  const parameters = [
    group.at,
    finalStatuses,
    ReceiveMessage.name,
    MessageReceived.topic,
    MessageReceived.version,
    ...group.rows.parameters(),
  ];
  await database.query(WRITE, parameters, { name: "intake_write" });
  return group;
}

/** The conversations of a group as it left them in the database. */
function conversationsOf({ rows }: PreparedGroup): ReadonlyMap<string, KnownConversation> {
  return new Map(
    [...rows.conversations].map(([key, { id, contact, lead }]) => [key, { id, contactId: contact, leadId: lead }]),
  );
}

function settle({ receipts, refused }: PreparedGroup): void {
  for (const [{ resolve }, receipt] of receipts) resolve(receipt);
  for (const [{ reject }, error] of refused) reject(error);
}

function refuse(members: readonly Member[], error: unknown): void {
  for (const { reject } of members) reject(error);
}

function isLost(error: unknown): boolean {
  return isCrmError(error, "CRM_STORAGE_UNAVAILABLE") || isCrmError(error, "CRM_DATABASE_UNREACHABLE");
}

/** A concurrent change was faster: what was known is out of date. */
function wasOvertaken(error: unknown): boolean {
  return isCrmError(error, "CRM_UOW_CONFLICT") || isCrmError(error, "CRM_STORAGE_DUPLICATE");
}
