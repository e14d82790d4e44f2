import { definePlugin, handle, work } from "@crmessenger/kernel";
import { ChannelAccountRepository, ChannelRegistry, CommunicationHooks, ConversationRepository, Intake, MessageRepository, ReceiveMessage, Timeline } from "@crmessenger/kernel/communication";
import { UserRepository } from "@crmessenger/kernel/iam";
import { Auditor, Clock, Collections, EventDispatcher, Ids, Jobs, Leases, MessageBus, UnitOfWork } from "@crmessenger/kernel/infrastructure";
import { IdentityNormaliser } from "@crmessenger/kernel/sales";
import { ChannelRunner } from "./channels/channel-runner.ts";
import { createChannelRegistry } from "./channels/create-channel-registry.ts";
import { manageAccounts } from "./channels/manage-accounts.ts";
import { receiveMessage } from "./inbound/receive-message.ts";
import { loginHandlers } from "./login/login-handlers.ts";
import { drainConversation } from "./outbound/drain-conversation.ts";
import { DrainConversation } from "./outbound/drain-job.ts";
import { EarlyReports } from "./outbound/early-reports.ts";
import { reportDelivery } from "./outbound/report-delivery.ts";
import { sendMessage } from "./outbound/send-message.ts";
import { wakeWaiting } from "./outbound/wake-waiting.ts";
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
    conversations: ConversationRepository,
    events: EventDispatcher,
    ids: Ids,
    intake: Intake,
    jobs: Jobs,
    leases: Leases,
    messages: MessageRepository,
    timeline: Timeline,
    unitOfWork: UnitOfWork,
  },
  optionalDeps: { normaliser: IdentityNormaliser, users: UserRepository },
  provides: { channels: ChannelRegistry },
  permissions: ["communication.*"],
  hooks: [CommunicationHooks.inboundGuard, CommunicationHooks.inboundDraft, CommunicationHooks.outboundGuard, CommunicationHooks.outboundDraft],
  boot(given, context) {
    const providers = createChannelRegistry();
    const services: CommunicationServices = { ...given, providers, logger: context.logger };
    const early = new EarlyReports(given.collections);
    const runner = new ChannelRunner(services, (accountId) => void context.run(() => wakeWaiting(services, accountId)));
    const receive = receiveMessage({
      intake: given.intake,
      normaliser: given.normaliser,
      guard: context.hook(CommunicationHooks.inboundGuard),
      draft: context.hook(CommunicationHooks.inboundDraft),
    });
    return {
      provide: { channels: providers },
      handlers: [
        handle(ReceiveMessage, receive, { unitOfWork: "own" }),
        reportDelivery(services, early),
        sendMessage(services, { guard: context.hook(CommunicationHooks.outboundGuard), draft: context.hook(CommunicationHooks.outboundDraft) }),
        ...manageAccounts(services, runner),
        ...loginHandlers(services, runner),
        ...answers(services),
      ],
      jobs: [work(DrainConversation, drainConversation({ services, runner, early }))],
      ready: () => runner.start(),
      stop: () => runner.stop(),
    };
  },
});
