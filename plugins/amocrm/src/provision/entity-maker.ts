import { isCrmError } from "@crmessenger/kernel";
import type { Clock, Logger } from "@crmessenger/kernel/infrastructure";
import { z } from "zod";
import { isOutcomeUnknown, refusedValues } from "../api/errors.ts";
import type { RestApi } from "../api/rest-api.ts";
import { type EntityLink, type EntityLinks, linkKey } from "../links/entity-links.ts";
import type { AmoCrmOptions } from "../options.ts";
import { findByPhone } from "./find-by-phone.ts";
import { findCreated } from "./find-created.ts";
import type { ProvisionCase } from "./load-cases.ts";
import { sourceExternalId } from "./sources.ts";
import { contactIntent, type EntityContext, leadIntent, linkedAs, newAmoContact, newAmoLead } from "./to-amo-entity.ts";

const complexAnswer = z.array(
  z.object({ id: z.number(), contact_id: z.number().nullable(), request_id: z.array(z.string()) }),
);
const created = z.array(z.object({ id: z.number(), request_id: z.string() }));
const leadsAnswer = z.object({ _embedded: z.object({ leads: created }) });
const contactsAnswer = z.object({ _embedded: z.object({ contacts: created }) });

/** What came of a round of making entities. */
export interface MadeEntities {
  /** By {@link linkKey}. */
  readonly links: ReadonlyMap<string, EntityLink>;
  /** Why amoCRM takes some conversations' entities not at all, by conversation id. */
  readonly refused: ReadonlyMap<string, string>;
}

/** One request that creates things: what it says, who asked, and what will be linked. */
interface Batch {
  readonly cases: readonly ProvisionCase[];
  readonly intents: readonly EntityLink[];
  readonly send: () => Promise<readonly EntityLink[]>;
}

/**
 * Makes contacts and leads in amoCRM, many at a time. Before each request its intents are stored, and after an
 * unknown outcome amoCRM is searched for them: nothing is created twice. Run by one process at a time.
 */
export class EntityMaker {
  readonly #rest: RestApi;
  readonly #links: EntityLinks;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #options: AmoCrmOptions;

  constructor(parts: { rest: RestApi; links: EntityLinks; clock: Clock; logger: Logger; options: AmoCrmOptions }) {
    this.#rest = parts.rest;
    this.#links = parts.links;
    this.#clock = parts.clock;
    this.#logger = parts.logger;
    this.#options = parts.options;
  }

  /** Makes what these cases lack. What a second lead of a new contact needs comes with the next round. */
  async make(context: EntityContext, cases: readonly ProvisionCase[]): Promise<MadeEntities> {
    const keys = cases.flatMap((one) => keysOf(one));
    await this.#settleIntents(context, await this.#links.getMany(keys));
    await this.#matchByPhone(cases, await this.#links.getMany(keys));
    const known = await this.#links.getMany(keys);
    const refused = new Map<string, string>();
    for (const batch of this.#batches(context, cases, known)) {
      await this.#run(batch, refused);
    }
    return { links: await this.#links.getMany(keys), refused };
  }

  /** What became of creations that a crash or a lost answer left open. */
  async #settleIntents(context: EntityContext, known: ReadonlyMap<string, EntityLink>): Promise<void> {
    const open = [...known.values()].filter(({ state }) => state === "creating");
    if (open.length === 0) return;
    const found = await findCreated(this.#rest, context.facts, open);
    const there = open.flatMap((intent) => {
      const amoId = found.get(linkKey(intent.kind, intent.ourId));
      return amoId === undefined ? [] : [linkedAs(intent, amoId)];
    });
    await this.#links.put(there);
    await this.#links.forget(open.filter(({ kind, ourId }) => !found.has(linkKey(kind, ourId))));
  }

  /** Somebody may have been in amoCRM before they wrote to us. */
  async #matchByPhone(cases: readonly ProvisionCase[], known: ReadonlyMap<string, EntityLink>): Promise<void> {
    if (!this.#options.matchContactsByPhone) return;
    const fresh = cases.filter(({ contact }) => !known.has(linkKey("contact", contact.id)));
    const phones = [...new Set(fresh.flatMap((one) => phonesOf(one)))];
    if (phones.length === 0) return;
    const found = await findByPhone(this.#rest, phones);
    const matched = fresh.flatMap((one) => {
      const amoId = phonesOf(one).flatMap((phone) => found.get(phone) ?? [])[0];
      return amoId === undefined ? [] : [linkedAs(contactIntent(one.contact, this.#clock.now()), amoId)];
    });
    await this.#links.put(matched);
  }

  /** Requests by what is missing: lead with contact, lead of a known contact, contact alone. */
  #batches(context: EntityContext, cases: readonly ProvisionCase[], known: ReadonlyMap<string, EntityLink>): Batch[] {
    const both: ProvisionCase[] = [];
    const leadOnly: ProvisionCase[] = [];
    const contactOnly: ProvisionCase[] = [];
    const taken = new Set<string>();
    for (const one of cases) {
      const contactKey = linkKey("contact", one.contact.id);
      const leadKey = one.lead === undefined ? undefined : linkKey("lead", one.lead.id);
      const needsLead = leadKey !== undefined && !known.has(leadKey) && !taken.has(leadKey);
      const needsContact = !known.has(contactKey);
      if (needsContact && taken.has(contactKey)) continue;
      if (needsLead) (needsContact ? both : leadOnly).push(one);
      else if (needsContact) contactOnly.push(one);
      if (needsContact) taken.add(contactKey);
      if (needsLead) taken.add(leadKey);
    }
    return [
      ...chunks(both).map((part) => this.#complexBatch(context, part)),
      ...chunks(leadOnly).map((part) => this.#leadBatch(context, part, known)),
      ...chunks(contactOnly).map((part) => this.#contactBatch(context, part)),
    ];
  }

  #complexBatch(context: EntityContext, cases: readonly ProvisionCase[]): Batch {
    const now = this.#clock.now();
    const intents = cases.flatMap(({ contact, lead }) =>
      lead === undefined ? [] : [leadIntent(this.#options, lead, now), contactIntent(contact, now)],
    );
    const body = cases.flatMap((one) => {
      if (one.lead === undefined) return [];
      const lead = newAmoLead(context, one.lead, sourceExternalId(one.account.id));
      return [withContact(lead, newAmoContact(context, one.contact, one.identities))];
    });
    const send = async (): Promise<EntityLink[]> => {
      const answer = await this.#rest.create("leads/complex", body, complexAnswer);
      return cases.flatMap(({ lead, contact }) => {
        const made = answer.find(({ request_id: ids }) => lead !== undefined && ids.includes(lead.id));
        if (made === undefined || made.contact_id === null || lead === undefined) return [];
        return [
          linkedAs(leadIntent(this.#options, lead, now), made.id),
          linkedAs(contactIntent(contact, now), made.contact_id),
        ];
      });
    };
    return { cases, intents, send };
  }

  #leadBatch(context: EntityContext, cases: readonly ProvisionCase[], known: ReadonlyMap<string, EntityLink>): Batch {
    const now = this.#clock.now();
    const intents = cases.flatMap(({ lead }) => (lead === undefined ? [] : [leadIntent(this.#options, lead, now)]));
    const body = cases.flatMap((one) => {
      if (one.lead === undefined) return [];
      const amoId = known.get(linkKey("contact", one.contact.id))?.amoId;
      return [
        withContact(newAmoLead(context, one.lead, sourceExternalId(one.account.id)), { id: amoId, is_main: true }),
      ];
    });
    const send = async (): Promise<EntityLink[]> => {
      const answer = await this.#rest.create("leads", body, leadsAnswer);
      return linkedByRequest(intents, answer._embedded.leads);
    };
    return { cases, intents, send };
  }

  #contactBatch(context: EntityContext, cases: readonly ProvisionCase[]): Batch {
    const now = this.#clock.now();
    const intents = cases.map(({ contact }) => contactIntent(contact, now));
    const body = cases.map(({ contact, identities }) => ({
      ...newAmoContact(context, contact, identities),
      request_id: contact.id,
    }));
    const send = async (): Promise<EntityLink[]> => {
      const answer = await this.#rest.create("contacts", body, contactsAnswer);
      return linkedByRequest(intents, answer._embedded.contacts);
    };
    return { cases, intents, send };
  }

  async #run(batch: Batch, refused: Map<string, string>): Promise<void> {
    await this.#links.put(batch.intents);
    try {
      await this.#links.put(await batch.send());
    } catch (error) {
      if (isOutcomeUnknown(error)) throw error;
      await this.#links.forget(batch.intents);
      if (!isCrmError(error, "CRM_AMOCRM_REFUSED")) throw error;
      await this.#noteRefused(batch, refusedValues(error), { refused, reason: error.message });
    }
  }

  /** One wrong element makes amoCRM refuse the whole request; the others are asked for again without it. */
  async #noteRefused(
    batch: Batch,
    values: ReturnType<typeof refusedValues>,
    to: { readonly refused: Map<string, string>; readonly reason: string },
  ): Promise<void> {
    for (const { conversation, contact, lead } of batch.cases) {
      const own = values.filter(({ requestId }) => requestId === lead?.id || requestId === contact.id);
      if (own.length === 0 && values.length > 0) continue;
      if (own.some(({ path }) => path === "_embedded.contacts.0.id")) {
        // Somebody deleted the contact in amoCRM: it is made anew.
        const link = await this.#links.get("contact", contact.id);
        if (link !== undefined) await this.#links.forget([link]);
        continue;
      }
      this.#logger.error(`amoCRM takes no contact or lead for a conversation: ${to.reason}`, {
        conversation: conversation.id,
      });
      to.refused.set(conversation.id, to.reason);
    }
  }
}

/** Most elements of one request: amoCRM's limit for leads with contacts. */
const MOST = 50;

function chunks<T>(all: readonly T[]): T[][] {
  const parts: T[][] = [];
  for (let at = 0; at < all.length; at += MOST) parts.push(all.slice(at, at + MOST));
  return parts;
}

function keysOf({ contact, lead }: ProvisionCase): string[] {
  return [linkKey("contact", contact.id), ...(lead === undefined ? [] : [linkKey("lead", lead.id)])];
}

/** Numbers that the provider vouches for. */
function phonesOf({ identities }: ProvisionCase): string[] {
  return identities.filter(({ kind, verified }) => kind === "phone" && verified).map(({ value }) => value);
}

function withContact(lead: Record<string, unknown>, contact: unknown): unknown {
  return { ...lead, _embedded: { ...(lead["_embedded"] as object), contacts: [contact] } };
}

function linkedByRequest(intents: readonly EntityLink[], made: z.infer<typeof created>): EntityLink[] {
  return intents.flatMap((intent) => {
    const answer = made.find(({ request_id: requestId }) => requestId === intent.ourId);
    return answer === undefined ? [] : [linkedAs(intent, answer.id)];
  });
}
