import { type CrmError, isCrmError } from "@crmessenger/kernel";
import type { Clock, Leases } from "@crmessenger/kernel/infrastructure";
import { z } from "zod";
import { isOutcomeUnknown, type RefusedValue, refusedValues } from "../api/errors.ts";
import type { RestApi } from "../api/rest-api.ts";
import { withinMoment } from "../api/within-moment.ts";
import type { AccountFacts } from "../links/account-facts.ts";
import { type EntityLink, type EntityLinks, linkKey } from "../links/entity-links.ts";
import { findCreated } from "./find-created.ts";

/** Most elements of one request: amoCRM's limit for leads with contacts. */
export const MOST_RECORDS = 50;

const LEASE = "amocrm.records";

const complexAnswer = z.array(
  z.object({ id: z.number(), contact_id: z.number().nullable(), request_id: z.array(z.string()) }),
);
const created = z.array(z.object({ id: z.number(), request_id: z.string() }));
const leadsAnswer = z.object({ _embedded: z.object({ leads: created }) });
const contactsAnswer = z.object({ _embedded: z.object({ contacts: created }) });

/** A contact or lead in amoCRM's words, and the link that stands for it. */
export interface Writing {
  readonly link: EntityLink;
  readonly body: Readonly<Record<string, unknown>>;
}

/** What one element of a request makes: a contact, a lead, or a lead with its new contact. */
export interface Creation {
  readonly contact?: Writing;
  readonly lead?: Writing;
  /** amoCRM's id of the contact that the lead belongs to, when that is there already. */
  readonly amoContactId?: number;
}

/** Why amoCRM did not take something. */
export interface Refusal {
  readonly error: CrmError;
  readonly reason: string;
  readonly values: readonly RefusedValue[];
}

/** One request: what it is about and what it makes. */
interface Batch {
  readonly creations: readonly Creation[];
  readonly send: () => Promise<readonly EntityLink[]>;
}

/**
 * Writes contacts and leads to amoCRM, many at a time. Before each creation its intents are stored, and after an
 * unknown outcome amoCRM is searched for them: nothing is created twice.
 */
export class RecordWriter {
  readonly #rest: RestApi;
  readonly #links: EntityLinks;
  readonly #leases: Leases;
  readonly #clock: Clock;
  readonly #hasty: boolean;

  constructor(parts: {
    rest: RestApi;
    links: EntityLinks;
    leases: Leases;
    clock: Clock;
    /** For callers that come again by themselves: a turn that takes long is given up. */
    hasty?: boolean;
  }) {
    this.#rest = parts.rest;
    this.#links = parts.links;
    this.#leases = parts.leases;
    this.#clock = parts.clock;
    this.#hasty = parts.hasty ?? false;
  }

  /** Runs work that creates while nobody else does, in any process. */
  async exclusively<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const lease = await (this.#hasty
      ? withinMoment(this.#clock, (signal) => this.#leases.acquire(LEASE, { signal }))
      : this.#leases.acquire(LEASE));
    try {
      return await work(lease.signal);
    } finally {
      await lease.release();
    }
  }

  /** Finds out what became of creations that a crash or a lost answer left open. */
  async settle(facts: AccountFacts, keys: readonly string[]): Promise<void> {
    const open = [...(await this.#links.getMany(keys)).values()].filter(({ state }) => state === "creating");
    if (open.length === 0) return;
    const found = await findCreated(this.#rest, facts, open);
    const there = open.flatMap((intent) => {
      const amoId = found.get(linkKey(intent.kind, intent.ourId));
      return amoId === undefined ? [] : [linkedAs(intent, amoId)];
    });
    await this.#links.put(there);
    await this.#links.forget(open.filter(({ kind, ourId }) => !found.has(linkKey(kind, ourId))));
  }

  /**
   * Creates, {@link exclusively}. Answers what amoCRM refused; what it neither made nor refused is to be tried again,
   * without that. Rejects when a request failed: what became of it {@link settle} finds out.
   */
  async create(creations: readonly Creation[], signal: AbortSignal): Promise<ReadonlyMap<Creation, Refusal>> {
    const refused = new Map<Creation, Refusal>();
    for (const batch of this.#batches(creations)) {
      signal.throwIfAborted();
      const intents = batch.creations.flatMap(({ lead, contact }) => [
        ...(lead === undefined ? [] : [lead.link]),
        ...(contact === undefined ? [] : [contact.link]),
      ]);
      await this.#links.put(intents);
      try {
        await this.#links.put(await batch.send());
      } catch (error) {
        if (isOutcomeUnknown(error)) throw error;
        await this.#links.forget(intents);
        for (const [creation, refusal] of refusalsOf(error, batch.creations, idsOf)) refused.set(creation, refusal);
      }
    }
    return refused;
  }

  /** Changes what is there; done twice, it is as if done once. Answers what amoCRM refused, as {@link create} does. */
  async update(writings: readonly Writing[]): Promise<ReadonlyMap<Writing, Refusal>> {
    const refused = new Map<Writing, Refusal>();
    for (const kind of ["contact", "lead"] as const) {
      for (const part of chunks(writings.filter(({ link }) => link.kind === kind))) {
        const body = part.map(({ link, body: values }) => ({ ...values, id: link.amoId, request_id: link.ourId }));
        try {
          await this.#rest.put("PATCH", `${kind}s`, body);
          await this.#links.put(part.map(({ link }) => link));
        } catch (error) {
          const found = refusalsOf(error, part, ({ link }) => [link.ourId]);
          for (const [writing, refusal] of found) refused.set(writing, refusal);
        }
      }
    }
    return refused;
  }

  /** Requests by what they make: leads with contacts, leads, contacts. */
  #batches(creations: readonly Creation[]): Batch[] {
    const both = creations.filter(({ lead, contact }) => lead !== undefined && contact !== undefined);
    const leads = creations.filter(({ lead, contact }) => lead !== undefined && contact === undefined);
    const contacts = creations.filter(({ lead }) => lead === undefined);
    return [
      ...chunks(both).map((part) => ({ creations: part, send: () => this.#sendBoth(part) })),
      ...chunks(leads).map((part) => ({ creations: part, send: () => this.#sendLeads(part) })),
      ...chunks(contacts).map((part) => ({ creations: part, send: () => this.#sendContacts(part) })),
    ];
  }

  async #sendBoth(part: readonly Creation[]): Promise<EntityLink[]> {
    const body = part.map(({ lead, contact }) => withContact(lead, contact?.body));
    const answer = await this.#rest.create("leads/complex", body, complexAnswer);
    return part.flatMap(({ lead, contact }) => {
      const made = answer.find(({ request_id: ids }) => lead !== undefined && ids.includes(lead.link.ourId));
      if (made === undefined || made.contact_id === null || lead === undefined || contact === undefined) return [];
      return [linkedAs(lead.link, made.id), linkedAs(contact.link, made.contact_id)];
    });
  }

  async #sendLeads(part: readonly Creation[]): Promise<EntityLink[]> {
    const body = part.map(({ lead, amoContactId }) =>
      amoContactId === undefined ? bodyOf(lead) : withContact(lead, { id: amoContactId, is_main: true }),
    );
    const answer = await this.#rest.create("leads", body, leadsAnswer);
    return linkedByRequest(part, answer._embedded.leads);
  }

  async #sendContacts(part: readonly Creation[]): Promise<EntityLink[]> {
    const body = part.map(({ contact }) => bodyOf(contact));
    const answer = await this.#rest.create("contacts", body, contactsAnswer);
    return linkedByRequest(part, answer._embedded.contacts);
  }
}

/** The link once amoCRM has the entity. */
export function linkedAs(intent: EntityLink, amoId: number): EntityLink {
  return { ...intent, amoId, state: "linked" };
}

function bodyOf(writing: Writing | undefined): Readonly<Record<string, unknown>> {
  return { ...writing?.body, request_id: writing?.link.ourId };
}

function withContact(lead: Writing | undefined, contact: unknown): Readonly<Record<string, unknown>> {
  const body = bodyOf(lead);
  return { ...body, _embedded: { ...(body["_embedded"] as object | undefined), contacts: [contact] } };
}

function linkedByRequest(part: readonly Creation[], made: z.infer<typeof created>): EntityLink[] {
  return part.flatMap(({ lead, contact }) => {
    const link = (lead ?? contact)?.link;
    const answer = made.find(({ request_id: requestId }) => requestId === link?.ourId);
    return link === undefined || answer === undefined ? [] : [linkedAs(link, answer.id)];
  });
}

function idsOf({ lead, contact }: Creation): readonly (string | undefined)[] {
  return [lead?.link.ourId, contact?.link.ourId];
}

/** One wrong element makes amoCRM refuse the whole request, and it says which. Another failure is thrown on. */
function refusalsOf<T>(
  error: unknown,
  part: readonly T[],
  ids: (one: T) => readonly (string | undefined)[],
): ReadonlyMap<T, Refusal> {
  if (!isCrmError(error, "CRM_AMOCRM_REFUSED")) throw error;
  const all = refusedValues(error);
  const refused = new Map<T, Refusal>();
  for (const one of part) {
    const values = all.filter(({ requestId }) => ids(one).includes(requestId));
    if (values.length > 0 || all.length === 0) refused.set(one, { error, reason: error.message, values });
  }
  return refused;
}

function chunks<T>(all: readonly T[]): T[][] {
  const parts: T[][] = [];
  for (let at = 0; at < all.length; at += MOST_RECORDS) parts.push(all.slice(at, at + MOST_RECORDS));
  return parts;
}
