import type { Health, PluginContext } from "@crmessenger/kernel";
import type {
  ChannelAccountRepository,
  ConversationRepository,
  MessageRepository,
} from "@crmessenger/kernel/communication";
import type {
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
import type {
  ChannelIdentityRepository,
  ContactRepository,
  LeadRepository,
  LeadStates,
} from "@crmessenger/kernel/sales";
import { AnswerBox } from "./answers/answer-box.ts";
import { AnswerTaker } from "./answers/answer-taker.ts";
import { ChatsApi } from "./api/chats-api.ts";
import { RestApi } from "./api/rest-api.ts";
import { ConversationSync } from "./chat/conversation-sync.ts";
import { DeliveryReporter } from "./chat/delivery-reporter.ts";
import { MediaLinks } from "./chat/media-links.ts";
import { MessagePoster } from "./chat/message-poster.ts";
import { AccountSetup } from "./connection/account-setup.ts";
import { BlockedProbe } from "./connection/blocked-probe.ts";
import { Connection } from "./connection/connection.ts";
import { ChangeApplier } from "./crm/change-applier.ts";
import { EntityPuller } from "./crm/entity-puller.ts";
import { EntityPusher } from "./crm/entity-pusher.ts";
import { ONLY, Provision, Reconcile, SyncConversation } from "./jobs/definitions.ts";
import { AccountBook } from "./links/account-facts.ts";
import { ChatLinks } from "./links/chat-links.ts";
import { EntityLinks } from "./links/entity-links.ts";
import { MessageLinks } from "./links/message-links.ts";
import { Consent } from "./oauth/consent.ts";
import { OAuthClient } from "./oauth/oauth-client.ts";
import { TokenStore } from "./oauth/token-store.ts";
import type { AmoCrmOptions } from "./options.ts";
import { EntityMaker } from "./provision/entity-maker.ts";
import { assembleProvider } from "./provider/assemble-provider.ts";
import { Provisioner } from "./provision/provisioner.ts";
import { Reconciler } from "./reconcile/reconciler.ts";

/** What the plugin works with. */
export interface AmoCrmServices {
  readonly accounts: ChannelAccountRepository;
  readonly budget: RateBudget;
  readonly bus: MessageBus;
  readonly clock: Clock;
  readonly collections: Collections;
  readonly contacts: ContactRepository;
  readonly conversations: ConversationRepository;
  readonly http: HttpClient;
  readonly identities: ChannelIdentityRepository;
  readonly jobs: Jobs;
  readonly leads: LeadRepository;
  readonly leases: Leases;
  readonly messages: MessageRepository;
  readonly secrets: Secrets;
  readonly states: LeadStates;
  readonly storage: Storage;
  readonly unitOfWork: UnitOfWork;
}

/** The parts of the plugin, put together. */
export type AmoCrm = ReturnType<typeof assemble>;

const NOT_YET = "Nobody has granted access yet. Dispatch amocrm.connect and open the address it answers.";

/** What calls amoCRM. */
function clientsOf(
  services: AmoCrmServices,
  { options, config, logger }: Pick<PluginContext<AmoCrmOptions>, "options" | "config" | "logger">,
) {
  const { clock, collections, http } = services;
  const channelSecret = config.require("AMOCRM_CHANNEL_SECRET");
  const connection = new Connection(collections, clock, logger);
  const oauth = new OAuthClient({ http, clock, options, secret: config.require("AMOCRM_CLIENT_SECRET") });
  const fixed = config.get("AMOCRM_ACCESS_TOKEN") || undefined;
  const tokens = new TokenStore({ ...services, oauth, connection, fixed });
  const rest = new RestApi({ ...services, tokens, connection, options });
  const chatsApi = new ChatsApi({ http, clock, options, secret: channelSecret, connection });
  return { channelSecret, connection, oauth, tokens, rest, chatsApi };
}

function healthOf({ current: { state, reason } }: Connection): Health {
  return state === "connected" ? { status: "up" } : { status: "degraded", reason };
}

/** Puts the parts together. Nothing is read or called yet. */
export function assemble(
  services: AmoCrmServices,
  context: Pick<PluginContext<AmoCrmOptions>, "options" | "config" | "logger">,
) {
  const { clock, collections, jobs, unitOfWork } = services;
  const { options, logger } = context;
  const { channelSecret, connection, oauth, tokens, rest, chatsApi } = clientsOf(services, context);
  const book = new AccountBook(collections);
  const chats = new ChatLinks(collections, unitOfWork);
  const links = new EntityLinks(collections);
  const messageLinks = new MessageLinks(collections);
  const answers = new AnswerBox(collections);
  const media = new MediaLinks({ secret: channelSecret, publicUrl: options.publicUrl, clock });
  const setup = new AccountSetup({ rest, chats: chatsApi, book, secrets: services.secrets, options, logger });
  const talk = assembleProvider({ ...services, options, connection, tokens, rest, chatsApi, setup, links, chats });
  const maker = new EntityMaker({ ...talk, rest, links, clock, logger, options });
  const shared = {
    ...services,
    ...talk,
    rest,
    setup,
    book,
    chats,
    links,
    answers,
    connection,
    options,
    logger,
    chatsApi,
  };
  const poster = new MessagePoster({ ...shared, messageLinks, media });
  const reporter = new DeliveryReporter({ ...shared, messageLinks });
  const probe = new BlockedProbe({ ...shared, everyMs: options.blockedProbeMs });
  const amo = {
    services,
    options,
    channelSecret,
    connection,
    setup,
    chats,
    answers,
    media,
    probe,
    provider: talk.provider,
    retrying: { jobs, clock, logger },
    consent: new Consent({ ...services, oauth, tokens, connection, granted: () => setup.forget() }),
    provisioner: new Provisioner({ ...shared, maker, sources: services }),
    sync: new ConversationSync({ ...shared, poster, reporter }),
    taker: new AnswerTaker({ ...shared, timeoutMs: options.timeoutMs }),
    pusher: new EntityPusher(shared),
    puller: new EntityPuller({ ...shared, applier: new ChangeApplier(shared) }),
    reconciler: new Reconciler({ ...shared, messages: messageLinks, everyMs: options.reconcileEveryMs }),

    /** Notes that a conversation has something to tell that can't be told now. */
    async markWaiting(conversationId: string, reason: string): Promise<void> {
      await chats.change(conversationId, (link) => {
        const waiting = link.waiting === "provision" ? ("provision" as const) : ("retry" as const);
        return link.waiting === waiting && link.reason === reason ? link : { ...link, waiting, reason };
      });
    },

    /** Takes up what waits: after a start, a login or the end of a block. */
    async wake(): Promise<void> {
      for (const { key, value } of await chats.backlog()) {
        if (value.waiting === "retry")
          await jobs.enqueue(SyncConversation, { conversationId: key, failures: 0 }, { key });
      }
      await jobs.enqueue(Provision, { failures: 0 }, { key: ONLY });
      await jobs.enqueue(Reconcile, { failures: 0 }, { key: ONLY });
    },

    async begin(): Promise<void> {
      const { state } = await connection.refresh();
      if (!(await tokens.hasTokens())) await connection.change("needs-login", NOT_YET);
      if (state === "blocked") await probe.schedule();
      await amo.wake();
    },

    health: async (): Promise<Health> => healthOf(connection),
  };
  connection.onChange(async (state) => {
    if (state === "connected") await amo.wake();
    if (state === "blocked") await probe.schedule();
  });
  return amo;
}
