import { executionContext } from "@crmessenger/kernel";
import type { TransformHook } from "@crmessenger/kernel";
import type { InboundMessage } from "@crmessenger/kernel/communication";
import type { EventDispatcher, NewEvent, NewRecord } from "@crmessenger/kernel/infrastructure";
import { type ChannelIdentity, type Contact, ContactCreated, type IdentityClaim } from "@crmessenger/kernel/sales";
import { type EntityTables, IDENTITY_CLAIMS, claimKey } from "../records/entities.ts";
import { insertRow, ownRow } from "../records/memory-repository.ts";
import type { Database } from "../state/database.ts";
import type { Unit } from "../state/unit.ts";
import { View } from "../state/view.ts";

export interface PersonServices {
  readonly database: Database;
  readonly tables: EntityTables;
  readonly events: EventDispatcher;
  readonly draft: TransformHook<NewRecord<Contact>>;
}

type Sender = InboundMessage["sender"];

/** Finds out who writes. */
export class PersonFinder {
  readonly #services: PersonServices;

  constructor(services: PersonServices) {
    this.#services = services;
  }

  /** The contact of the first claim that is known, or a new one; either gets the claims that are not known yet. */
  async find(unit: Unit, sender: Sender, recorded: NewEvent[]): Promise<Contact> {
    const known = sender.identities.map((claim) => this.#identityOf(unit, claim));
    const contact = this.#contactOf(unit, known) ?? (await this.#create(unit, sender, recorded));
    for (const claim of sender.identities) if (!this.#identityOf(unit, claim)) this.#attach(unit, contact, claim);
    return contact;
  }

  #contactOf(unit: Unit, identities: readonly (ChannelIdentity | undefined)[]): Contact | undefined {
    for (const identity of identities) {
      const contact = identity && ownRow(new View(unit), this.#services.tables.contacts, identity.contactId);
      if (contact) return contact;
    }
    return undefined;
  }

  #identityOf(unit: Unit, { kind, value }: IdentityClaim): ChannelIdentity | undefined {
    const key = claimKey(executionContext().tenantId, kind, value);
    for (const found of new View(unit).lookup(this.#services.tables.identities, IDENTITY_CLAIMS, key))
      if (found.deletedAt === null) return found;
    return undefined;
  }

  async #create(unit: Unit, sender: Sender, recorded: NewEvent[]): Promise<Contact> {
    const { database, tables, events, draft } = this.#services;
    const id = database.ids.next();
    const name = sender.name || (sender.identities[0]?.value ?? "");
    const changed = await draft.apply({ id, name, ownerId: null, attributes: {} });
    const contact = insertRow<Contact>(database, unit, tables.contacts, { ...changed, id });
    recorded.push(events.envelope(ContactCreated, { type: "contact", id, version: contact.version }, { contact }));
    return contact;
  }

  #attach(unit: Unit, contact: Contact, { kind, value, verified }: IdentityClaim): void {
    const { database, tables } = this.#services;
    insertRow<ChannelIdentity>(database, unit, tables.identities, {
      id: database.ids.next(),
      contactId: contact.id,
      kind,
      value,
      aliases: [],
      verified,
    });
  }
}
