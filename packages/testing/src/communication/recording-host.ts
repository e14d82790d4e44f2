import type {
  ChannelAccount,
  ChannelHost,
  ChannelState,
  DeliveryUpdate,
  InboundMessage,
} from "@crmessenger/kernel/communication";
import { createRecordingLogger } from "../kernel/recording-logger.ts";

/** The kernel's side of a channel, for tests of the channel alone: keeps what it is told. */
export interface RecordingHost extends ChannelHost {
  /** What was accepted, in order, without duplicates. */
  readonly received: readonly InboundMessage[];
  /** What was answered as a duplicate. */
  readonly duplicates: readonly InboundMessage[];
  readonly updates: readonly DeliveryUpdate[];
  readonly states: readonly ChannelState[];
  readonly externalId: string | null;
  /** The next `times` messages are refused with this error, as when the database is away. */
  failReceiving(error: unknown, times?: number): void;
  /** Takes the account away from the channel, as when its lease is lost. */
  letGo(): void;
}

export function createRecordingHost(account: ChannelAccount): RecordingHost {
  const [received, duplicates, updates, states] = [
    [] as InboundMessage[],
    [] as InboundMessage[],
    [] as DeliveryUpdate[],
    [] as ChannelState[],
  ];
  const controller = new AbortController();
  const failures: unknown[] = [];
  let { externalId } = account;
  return {
    account,
    signal: controller.signal,
    fencingToken: 1,
    logger: createRecordingLogger(),
    received,
    duplicates,
    updates,
    states,
    get externalId() {
      return externalId;
    },
    failReceiving: (error, times = 1) => void failures.push(...Array.from({ length: times }, () => error)),
    letGo: () => controller.abort(),
    async receive(message) {
      if (failures.length > 0) throw failures.shift();
      const duplicate = received.some((earlier) => earlier.externalId === message.externalId);
      (duplicate ? duplicates : received).push(message);
      return {
        messageId: `message-${message.externalId}`,
        conversationId: `conversation-${message.conversationExternalId}`,
        contactId: "contact",
        leadId: "lead",
        duplicate,
      };
    },
    report: async (more) => void updates.push(...more),
    changeState: (state) => void states.push(state),
    identify: async (id) => {
      externalId = id;
    },
  };
}
