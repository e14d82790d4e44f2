import { answer, definePlugin, handle } from "@crmessenger/kernel";
import {
  ChannelAccountRepository,
  ConversationRepository,
  MessageQueued,
  MessageReceived,
  MessageRepository,
  MessageStatusChanged,
} from "@crmessenger/kernel/communication";
import {
  Clock,
  Collections,
  HttpClient,
  Jobs,
  Leases,
  MessageBus,
  RateBudget,
  Secrets,
  Storage,
  UnitOfWork,
} from "@crmessenger/kernel/infrastructure";
import {
  ChannelIdentityRepository,
  ContactRepository,
  ContactUpdated,
  CrmProviders,
  LeadAssigned,
  LeadRepository,
  LeadStates,
  LeadStatusChanged,
  LeadUpdated,
} from "@crmessenger/kernel/sales";
import { assemble } from "./assemble.ts";
import { amoCrmJobs } from "./jobs/amo-crm-jobs.ts";
import { onConversation, onEntity, onStatus } from "./jobs/subscriptions.ts";
import { ChatLinks } from "./links/chat-links.ts";
import { AmoCrmStatus, ConnectAmoCrm } from "./operations.ts";
import { amoCrmOptions } from "./options.ts";
import { amoCrmRoutes } from "./routes.ts";
import { accountStatus } from "./status.ts";
import { version } from "./version.ts";

/** Keeps amoCRM in step: contacts, leads and whole conversations, in both directions. */
export const amocrm = definePlugin({
  id: "amocrm",
  version,
  deps: {
    accounts: ChannelAccountRepository,
    budget: RateBudget,
    bus: MessageBus,
    clock: Clock,
    collections: Collections,
    contacts: ContactRepository,
    conversations: ConversationRepository,
    crms: CrmProviders,
    http: HttpClient,
    identities: ChannelIdentityRepository,
    jobs: Jobs,
    leads: LeadRepository,
    leases: Leases,
    messages: MessageRepository,
    secrets: Secrets,
    states: LeadStates,
    storage: Storage,
    unitOfWork: UnitOfWork,
  },
  options: amoCrmOptions,
  config: {
    AMOCRM_CLIENT_SECRET: { secret: true, required: true, description: "Secret key of the integration" },
    AMOCRM_CHANNEL_SECRET: { secret: true, required: true, description: "Secret of the chat channel" },
    AMOCRM_ACCESS_TOKEN: { secret: true, description: "A long-lived token, instead of the owner's consent" },
  },
  permissions: ["communication.message.send", "sales.contact.update", "sales.lead.assign", "sales.lead.update"],
  boot(services, context) {
    const amo = assemble(services, context);
    services.crms.register(amo.provider);
    return {
      handlers: [
        handle(ConnectAmoCrm, () => amo.consent.ask(), { unitOfWork: "own" }),
        answer(AmoCrmStatus, () => accountStatus(amo)),
      ],
      jobs: amoCrmJobs(amo),
      routes: amoCrmRoutes(amo, context),
      ready: () => context.run(() => amo.begin()),
      health: () => amo.health(),
    };
  },
  subscribe(events, { collections, jobs, unitOfWork }) {
    const chats = new ChatLinks(collections, unitOfWork);
    events
      .on(MessageReceived, ({ payload }) => onConversation(jobs, payload.message.conversationId))
      .on(MessageQueued, ({ payload }) => onConversation(jobs, payload.message.conversationId))
      .on(MessageStatusChanged, ({ payload }) => onStatus({ jobs, chats }, payload))
      .on(ContactUpdated, ({ payload }) => onEntity(jobs, "contact", payload.contact.id))
      .on(LeadUpdated, ({ payload }) => onEntity(jobs, "lead", payload.lead.id))
      .on(LeadAssigned, ({ payload }) => onEntity(jobs, "lead", payload.lead.id))
      .on(LeadStatusChanged, ({ payload }) => onEntity(jobs, "lead", payload.lead.id));
  },
});
