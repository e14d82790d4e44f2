import { executionContext } from "@crmessenger/kernel";
import type { TransformHook } from "@crmessenger/kernel";
import type { Conversation, InboundMessage } from "@crmessenger/kernel/communication";
import {
  type EventDispatcher,
  type NewEvent,
  type NewRecord,
  compareText,
  where,
} from "@crmessenger/kernel/infrastructure";
import { type Contact, type Lead, LeadCreated, type LeadStates } from "@crmessenger/kernel/sales";
import type { EntityTables } from "../records/entities.ts";
import { candidates } from "../records/entity-table.ts";
import { insertRow, ownRow } from "../records/memory-repository.ts";
import type { Database } from "../state/database.ts";
import type { Unit } from "../state/unit.ts";
import { View } from "../state/view.ts";

export interface LeadServices {
  readonly database: Database;
  readonly tables: EntityTables;
  readonly events: EventDispatcher;
  readonly states: LeadStates;
  readonly draft: TransformHook<NewRecord<Lead>>;
}

/** What a message belongs to, as far as it is known. */
export interface Circumstances {
  readonly message: InboundMessage;
  readonly contact: Contact;
  readonly conversation: Conversation | undefined;
}

/** Finds the lead that a message works on. */
export class LeadFinder {
  readonly #services: LeadServices;

  constructor(services: LeadServices) {
    this.#services = services;
  }

  /** The conversation's lead if it is open, otherwise the contact's newest open one, otherwise a new one. */
  async find(unit: Unit, { message, contact, conversation }: Circumstances, recorded: NewEvent[]): Promise<Lead> {
    const { tables } = this.#services;
    const view = new View(unit);
    const current = conversation?.leadId ? ownRow(view, tables.leads, conversation.leadId) : undefined;
    if (current && this.#isOpen(current)) return current;
    const { tenantId } = executionContext();
    const all = [...candidates(view, tables.leads, tenantId, where<Lead>("contactId").eq(contact.id))];
    const open = all.filter((lead) => lead.contactId === contact.id && this.#isOpen(lead));
    const [newest] = open.toSorted((left, right) => compareText(right.id, left.id));
    return newest ?? this.#create(unit, message, contact, recorded);
  }

  #isOpen(lead: Lead): boolean {
    return lead.deletedAt === null && !this.#services.states.state(lead.status)?.final;
  }

  async #create(unit: Unit, message: InboundMessage, contact: Contact, recorded: NewEvent[]): Promise<Lead> {
    const { database, tables, events, draft } = this.#services;
    const id = database.ids.next();
    const changed = await draft.apply({
      id,
      title: message.sender.name || (message.sender.identities[0]?.value ?? ""),
      contactId: contact.id,
      status: "new",
      statusSince: database.now(),
      statusReason: null,
      source: { channel: message.channelType, channelAccountId: message.channelAccountId, ...message.source },
      ownerId: null,
      teamId: null,
      attributes: {},
    });
    const lead = insertRow<Lead>(database, unit, tables.leads, { ...changed, id });
    recorded.push(events.envelope(LeadCreated, { type: "lead", id, version: lead.version }, { lead }));
    return lead;
  }
}
