import type { Clock, Logger } from "@crmessenger/kernel/infrastructure";
import type { RestApi } from "../api/rest-api.ts";
import { type EntityLink, type EntityLinks, linkKey } from "../links/entity-links.ts";
import type { AmoCrmOptions } from "../options.ts";
import { type Creation, linkedAs, type RecordWriter, type Refusal, type Writing } from "../provider/record-writer.ts";
import { findByPhone } from "./find-by-phone.ts";
import type { ProvisionCase } from "./load-cases.ts";
import { sourceExternalId } from "./sources.ts";
import { contactIntent, type EntityContext, leadIntent, newAmoContact, newAmoLead } from "./to-amo-entity.ts";

/** What came of a round of making entities. */
export interface MadeEntities {
  /** By {@link linkKey}. */
  readonly links: ReadonlyMap<string, EntityLink>;
  /** Why amoCRM takes some conversations' entities not at all, by conversation id. */
  readonly refused: ReadonlyMap<string, string>;
}

/** Has amoCRM make the contacts and leads that conversations need. */
export class EntityMaker {
  readonly #writer: RecordWriter;
  readonly #rest: RestApi;
  readonly #links: EntityLinks;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #options: AmoCrmOptions;

  constructor(parts: {
    writer: RecordWriter;
    rest: RestApi;
    links: EntityLinks;
    clock: Clock;
    logger: Logger;
    options: AmoCrmOptions;
  }) {
    this.#writer = parts.writer;
    this.#rest = parts.rest;
    this.#links = parts.links;
    this.#clock = parts.clock;
    this.#logger = parts.logger;
    this.#options = parts.options;
  }

  /** Makes what these cases lack. What a second lead of a new contact needs comes with the next round. */
  make(context: EntityContext, cases: readonly ProvisionCase[]): Promise<MadeEntities> {
    return this.#writer.exclusively(async (signal) => {
      const keys = cases.flatMap((one) => keysOf(one));
      await this.#writer.settle(context.facts, keys);
      await this.#matchByPhone(cases, await this.#links.getMany(keys));
      const creations = this.#creations(context, cases, await this.#links.getMany(keys));
      const refusals = await this.#writer.create([...creations.keys()], signal);
      const refused = new Map<string, string>();
      for (const [creation, refusal] of refusals) await this.#noteRefused(creations.get(creation), refusal, refused);
      return { links: await this.#links.getMany(keys), refused };
    });
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

  /** What is missing, by the case that it is missing for: lead with contact, lead of a known contact, contact alone. */
  #creations(
    context: EntityContext,
    cases: readonly ProvisionCase[],
    known: ReadonlyMap<string, EntityLink>,
  ): ReadonlyMap<Creation, ProvisionCase> {
    const creations = new Map<Creation, ProvisionCase>();
    const taken = new Set<string>();
    for (const one of cases) {
      const contactKey = linkKey("contact", one.contact.id);
      const leadKey = one.lead === undefined ? undefined : linkKey("lead", one.lead.id);
      const needsLead = leadKey !== undefined && !known.has(leadKey) && !taken.has(leadKey);
      const needsContact = !known.has(contactKey);
      if (needsContact && taken.has(contactKey)) continue;
      if (needsContact) taken.add(contactKey);
      if (needsLead) taken.add(leadKey);
      if (!needsContact && !needsLead) continue;
      const amoContactId = known.get(contactKey)?.amoId;
      creations.set(
        {
          ...(needsContact ? { contact: this.#contact(context, one) } : {}),
          ...(needsLead ? this.#lead(context, one) : {}),
          ...(typeof amoContactId === "number" ? { amoContactId } : {}),
        },
        one,
      );
    }
    return creations;
  }

  #contact(context: EntityContext, { contact, identities }: ProvisionCase): Writing {
    return {
      link: contactIntent(contact, this.#clock.now()),
      body: newAmoContact(context, contact, identities),
    };
  }

  #lead(context: EntityContext, { lead, account }: ProvisionCase): Pick<Creation, "lead"> {
    if (lead === undefined) return {};
    const link = leadIntent(this.#options, lead, this.#clock.now());
    return { lead: { link, body: newAmoLead(context, lead, sourceExternalId(account.id)) } };
  }

  async #noteRefused(
    one: ProvisionCase | undefined,
    { values, reason }: Refusal,
    refused: Map<string, string>,
  ): Promise<void> {
    if (one === undefined) return;
    if (values.some(({ path }) => path === "_embedded.contacts.0.id")) {
      // Somebody deleted the contact in amoCRM: it is made anew.
      const link = await this.#links.get("contact", one.contact.id);
      if (link !== undefined) await this.#links.forget([link]);
      return;
    }
    const conversation = one.conversation.id;
    this.#logger.error(`amoCRM takes no contact or lead for a conversation: ${reason}`, { conversation });
    refused.set(conversation, reason);
  }
}

function keysOf({ contact, lead }: ProvisionCase): string[] {
  return [linkKey("contact", contact.id), ...(lead === undefined ? [] : [linkKey("lead", lead.id)])];
}

/** Numbers that the provider vouches for. */
function phonesOf({ identities }: ProvisionCase): string[] {
  return identities.filter(({ kind, verified }) => kind === "phone" && verified).map(({ value }) => value);
}
