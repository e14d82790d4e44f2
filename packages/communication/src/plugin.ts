import { definePlugin, handle, work } from "@crmessenger/kernel";
import {
  ChannelAccountRepository,
  ChannelRegistry,
  ChannelStateChanged,
  CommunicationHooks,
  ConversationOpened,
  ConversationRepository,
  Intake,
  MessageQueued,
  MessageReceived,
  MessageRepository,
  MessageStatusChanged,
  ReceiveMessage,
  Timeline,
} from "@crmessenger/kernel/communication";
import { UserRepository } from "@crmessenger/kernel/iam";
import {
  Auditor,
  Clock,
  Collections,
  EventDispatcher,
  Ids,
  Jobs,
  KernelView,
  Leases,
  MessageBus,
  UnitOfWork,
} from "@crmessenger/kernel/infrastructure";
import { ContactRepository, IdentityNormaliser } from "@crmessenger/kernel/sales";
import { AccountTenants } from "./channels/account-tenants.ts";
import { ChannelRunner } from "./channels/channel-runner.ts";
import { createChannelRegistry } from "./channels/create-channel-registry.ts";
import { manageAccounts } from "./channels/manage-accounts.ts";
import { receiveMessage } from "./inbound/receive-message.ts";
import { loginHandlers } from "./login/login-handlers.ts";
import { EarlyReports } from "./outbound/early-reports.ts";
import { ForgetReports, forgetReports, planForgetting } from "./outbound/forget-reports.ts";
import { OutboundQueue } from "./outbound/outbound-queue.ts";
import { reportDelivery } from "./outbound/report-delivery.ts";
import { sendMessage } from "./outbound/send-message.ts";
import { answers } from "./queries/answers.ts";
import type { CommunicationServices } from "./services.ts";
import { version } from "./version.ts";

/** Channels, conversations and messages: what arrives, what goes out, and what became of it. */
export const communication = definePlugin({
  id: "communication",
  version,
  deps: {
    accounts: ChannelAccountRepository,
    auditor: Auditor,
    bus: MessageBus,
    clock: Clock,
    collections: Collections,
    contacts: ContactRepository,
    conversations: ConversationRepository,
    events: EventDispatcher,
    ids: Ids,
    intake: Intake,
    jobs: Jobs,
    leases: Leases,
    messages: MessageRepository,
    timeline: Timeline,
    unitOfWork: UnitOfWork,
    view: KernelView,
  },
  optionalDeps: { normaliser: IdentityNormaliser, users: UserRepository },
  provides: { channels: ChannelRegistry },
  permissions: ["communication.*"],
  hooks: [
    CommunicationHooks.inboundGuard,
    CommunicationHooks.inboundDraft,
    CommunicationHooks.outboundGuard,
    CommunicationHooks.outboundDraft,
  ],
  events: [ConversationOpened, MessageReceived, MessageQueued, MessageStatusChanged, ChannelStateChanged],
  boot(given, context) {
    const providers = createChannelRegistry();
    const services: CommunicationServices = { ...given, providers, logger: context.logger };
    const tenants = new AccountTenants(given.collections);
    const early = new EarlyReports(given.collections, given.clock);
    const outbound = new OutboundQueue({ services, early, asPlugin: (work) => context.run(work) });
    const runner = new ChannelRunner({ services, tenants, outbound });
    providers.onGone = (type) => runner.stopType(type);
    let forget = () => {};
    const receive = receiveMessage({
      intake: given.intake,
      normaliser: given.normaliser,
      guard: context.hook(CommunicationHooks.inboundGuard),
      draft: context.hook(CommunicationHooks.inboundDraft),
    });
    const outboundHooks = {
      guard: context.hook(CommunicationHooks.outboundGuard),
      draft: context.hook(CommunicationHooks.outboundDraft),
    };
    return {
      provide: { channels: providers },
      handlers: [
        handle(ReceiveMessage, receive, { unitOfWork: "own" }),
        reportDelivery(services, early),
        sendMessage(services, outbound, outboundHooks),
        ...manageAccounts(services, tenants, runner),
        ...loginHandlers(services, runner),
        ...answers(services),
      ],
      jobs: [work(ForgetReports, forgetReports({ services, tenants, early }))],
      async ready() {
        await planForgetting(services);
        await runner.start();
        forget = given.view.watch(() => void runner.lookNow());
      },
      async stop() {
        forget();
        await runner.stop();
      },
    };
  },
});
