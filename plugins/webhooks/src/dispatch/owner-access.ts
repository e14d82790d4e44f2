import { executionContext, runInContext } from "@crmessenger/kernel";
import type { ConversationRepository } from "@crmessenger/kernel/communication";
import type { AccessSubject, PermissionManager, UserRepository } from "@crmessenger/kernel/iam";
import {
  type Criteria,
  type CriteriaSubject,
  type StoredEvent,
  matches,
  nothing,
} from "@crmessenger/kernel/infrastructure";
import type { ContactRepository, DealRepository, LeadRepository } from "@crmessenger/kernel/sales";

/** What reading an entity takes, by entity type. */
const KNOWN: Readonly<Record<string, string>> = {
  lead: "sales.lead.read",
  contact: "sales.contact.read",
  deal: "sales.deal.read",
  pipeline: "sales.pipeline.read",
  conversation: "communication.conversation.read",
  "channel-account": "communication.channel.read",
  "webhook-subscription": "webhooks.subscription.read",
};

export interface AccessServices {
  readonly permissions: PermissionManager;
  readonly users: UserRepository;
  readonly leads: LeadRepository;
  readonly contacts: ContactRepository;
  readonly deals: DealRepository;
  readonly conversations: ConversationRepository;
  /** An event as the actor of the execution context may see it. */
  readonly shown: (event: StoredEvent) => Promise<StoredEvent>;
}

type Entities = Readonly<Record<string, { get(id: string): Promise<object | undefined> }>>;

/**
 * What owners may be told, remembered for one batch of events: what their access scope reaches, which is what they would
 * find in a list.
 */
export class OwnerAccess {
  readonly #services: AccessServices;
  readonly #permissions: Readonly<Record<string, string>>;
  readonly #entities: Entities;
  readonly #owners = new Map<string, Promise<AccessSubject | undefined>>();
  readonly #scopes = new Map<string, Promise<Criteria>>();
  readonly #shown = new Map<string, Promise<StoredEvent>>();
  readonly #targets = new Map<string, Promise<CriteriaSubject | undefined>>();

  constructor(services: AccessServices, permissions: Readonly<Record<string, string>>) {
    const { leads, contacts, deals, conversations } = services;
    this.#services = services;
    this.#permissions = permissions;
    this.#entities = { lead: leads, contact: contacts, deal: deals, conversation: conversations };
  }

  /** Whether the owner may read what the event is about. Nobody may read what is not there. */
  async mayRead(ownerId: string, event: StoredEvent): Promise<boolean> {
    const { type } = event.aggregate;
    const scope = await once(this.#scopes, `${ownerId} ${type}`, () => this.#scopeOf(ownerId, type));
    const target = await once(this.#targets, event.id, () => this.#targetOf(event));
    return target !== undefined && matches(scope, target);
  }

  /** The event as the owner may see it. */
  async shown(ownerId: string, event: StoredEvent): Promise<StoredEvent> {
    const subject = await once(this.#owners, ownerId, () => this.#subjectOf(ownerId));
    if (!subject) throw new Error("Only what an owner may read is shown.");
    const key = `${ownerId} ${event.id} ${event.version}`;
    const show = () =>
      runInContext({ actor: { kind: "user", id: ownerId }, subject }, () => this.#services.shown(event));
    return once(this.#shown, key, show);
  }

  async #scopeOf(ownerId: string, type: string): Promise<Criteria> {
    const subject = await once(this.#owners, ownerId, () => this.#subjectOf(ownerId));
    if (!subject) return nothing;
    const permission = this.#permissions[type] ?? KNOWN[type] ?? `webhooks.entity.${type}.read`;
    return this.#services.permissions.scope(subject, permission);
  }

  async #subjectOf(id: string): Promise<AccessSubject | undefined> {
    const user = await this.#services.users.get(id);
    if (!user?.active || user.deletedAt !== null) return undefined;
    const { tenantId } = executionContext();
    return { kind: "user", id, tenantId, roles: user.roleIds, teams: user.teamIds };
  }

  /** The entity as the event tells of it, or else as it is now; for types that nobody can load, what is known of it. */
  async #targetOf({ aggregate: { type, id }, payload }: StoredEvent): Promise<CriteriaSubject | undefined> {
    const told = payload[type];
    if (isEntity(told) && told["id"] === id) return told;
    const entities = this.#entities[type];
    return entities ? ((await entities.get(id)) as CriteriaSubject | undefined) : { id };
  }
}

function once<V>(known: Map<string, Promise<V>>, key: string, make: () => Promise<V>): Promise<V> {
  let value = known.get(key);
  if (!value) known.set(key, (value = make()));
  return value;
}

function isEntity(value: unknown): value is CriteriaSubject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
