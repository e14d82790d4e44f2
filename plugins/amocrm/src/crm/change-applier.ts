import { type CrmError, isCrmError } from "@crmessenger/kernel";
import type { Logger, MessageBus, UnitOfWork } from "@crmessenger/kernel/infrastructure";
import {
  AssignLead,
  ChangeLeadStatus,
  type ContactRepository,
  type Lead,
  type LeadRepository,
  type LeadStates,
  UpdateContact,
  UpdateLead,
} from "@crmessenger/kernel/sales";
import type { EntityLink, EntityLinks } from "../links/entity-links.ts";
import type { AmoCrmOptions } from "../options.ts";
import type { AmoEntityState } from "../provider/change-feed.ts";
import { amoName } from "../provision/to-amo-entity.ts";
import { ourStatusOf, stepsBetween } from "./status-map.ts";

/**
 * Applies here what changed in amoCRM. What is compared is amoCRM now with amoCRM as last seen or written: our own
 * writing comes back unchanged, and so without an echo.
 */
export class ChangeApplier {
  readonly #bus: MessageBus;
  readonly #links: EntityLinks;
  readonly #contacts: ContactRepository;
  readonly #leads: LeadRepository;
  readonly #states: LeadStates;
  readonly #unitOfWork: UnitOfWork;
  readonly #options: AmoCrmOptions;
  readonly #logger: Logger;

  constructor(parts: {
    bus: MessageBus;
    links: EntityLinks;
    contacts: ContactRepository;
    leads: LeadRepository;
    states: LeadStates;
    unitOfWork: UnitOfWork;
    options: AmoCrmOptions;
    logger: Logger;
  }) {
    this.#bus = parts.bus;
    this.#links = parts.links;
    this.#contacts = parts.contacts;
    this.#leads = parts.leads;
    this.#states = parts.states;
    this.#unitOfWork = parts.unitOfWork;
    this.#options = parts.options;
    this.#logger = parts.logger;
  }

  /** Brings our side up to amoCRM's. A change that is not possible here is logged and left. */
  async apply(link: EntityLink, now: AmoEntityState): Promise<void> {
    const { amo } = link;
    const next = { name: now.name, statusId: now.statusId, responsibleUserId: now.responsibleUserId };
    if (amo.name === next.name && amo.statusId === next.statusId && amo.responsibleUserId === next.responsibleUserId) {
      return;
    }
    try {
      await this.#commit(link, next, link.kind === "contact" ? this.#changeContact : this.#changeLead);
    } catch (error) {
      if (!isCrmError(error) || error.retryable || error.status >= 500) throw error;
      this.#logger.warn(`A change made in amoCRM is not possible here: ${error.message}`, refusalFields(link, error));
      await this.#links.put([{ ...link, amo: next }]);
    }
  }

  /** Our change and the note of what amoCRM looked like commit together. */
  async #commit(
    link: EntityLink,
    next: EntityLink["amo"],
    change: (link: EntityLink, next: EntityLink["amo"]) => Promise<EntityLink["ours"]>,
  ): Promise<void> {
    await this.#unitOfWork.run(async () => {
      const ours = await change.call(this, link, next);
      await this.#links.put([{ ...link, amo: next, ours }]);
    });
  }

  async #changeContact(link: EntityLink, next: EntityLink["amo"]): Promise<EntityLink["ours"]> {
    const contact = await this.#contacts.get(link.ourId);
    if (contact === undefined || next.name === link.amo.name || amoName(contact.name) === next.name) return link.ours;
    await this.#bus.dispatch(UpdateContact, { id: contact.id, name: next.name });
    return { ...link.ours, name: next.name };
  }

  async #changeLead(link: EntityLink, next: EntityLink["amo"]): Promise<EntityLink["ours"]> {
    const lead = await this.#leads.get(link.ourId);
    if (lead === undefined) return link.ours;
    const { ours } = link;
    return {
      name: (await this.#rename(lead, link, next)) ?? ours.name,
      status: (await this.#move(lead, link, next)) ?? ours.status,
      ownerId: (await this.#assign(lead, link, next)) ?? ours.ownerId,
    };
  }

  async #rename(lead: Lead, { amo }: EntityLink, { name }: EntityLink["amo"]): Promise<string | undefined> {
    if (name === amo.name || name === "" || amoName(lead.title) === name) return undefined;
    await this.#bus.dispatch(UpdateLead, { id: lead.id, title: name });
    return name;
  }

  /** A manager may skip columns; our table knows no skipping, so the lead goes through all of them at once. */
  async #move(lead: Lead, { amo }: EntityLink, { statusId }: EntityLink["amo"]): Promise<string | undefined> {
    const status = statusId === null || statusId === amo.statusId ? undefined : ourStatusOf(this.#options, statusId);
    if (status === undefined || status === lead.status) return status;
    const steps = stepsBetween(this.#states, lead.status, status);
    if (steps === undefined) {
      const message = `A lead can't go from ${lead.status} to ${status}, where amoCRM has it now.`;
      this.#logger.warn(message, { lead: lead.id });
      return undefined;
    }
    for (const step of steps) await this.#bus.dispatch(ChangeLeadStatus, { id: lead.id, status: step });
    return status;
  }

  async #assign(lead: Lead, { amo }: EntityLink, next: EntityLink["amo"]): Promise<string | undefined> {
    // Whom amoCRM itself made responsible at first is nobody's decision.
    if (amo.responsibleUserId === null || next.responsibleUserId === amo.responsibleUserId) return undefined;
    const ownerId = Object.keys(this.#options.users).find((id) => this.#options.users[id] === next.responsibleUserId);
    if (ownerId === undefined || ownerId === lead.ownerId) return ownerId;
    await this.#bus.dispatch(AssignLead, { id: lead.id, ownerId });
    return ownerId;
  }
}

function refusalFields({ kind, ourId }: EntityLink, { code }: CrmError): Readonly<Record<string, unknown>> {
  return { [kind]: ourId, code };
}
