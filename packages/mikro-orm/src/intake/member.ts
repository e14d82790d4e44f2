import type { ExecutionContext } from "@crmessenger/kernel";
import type { InboundMessage, InboundReceipt } from "@crmessenger/kernel/communication";

/** One message on its way into the database, in the context of its own caller. */
export interface Member {
  readonly message: InboundMessage;
  readonly context: ExecutionContext;
  /** Drawn once: when a commit's outcome is unknown, finding this id says that the commit was ours. */
  readonly messageId: string;
  readonly messageKey: string;
  readonly conversationKey: string;
  /** Of the sender's claims, in their order. */
  readonly identityKeys: readonly string[];
  /** The conversation and the identities: see `GroupQueue`. */
  readonly keys: readonly string[];
  readonly resolve: (receipt: InboundReceipt) => void;
  readonly reject: (error: unknown) => void;
}

type Settle = Pick<Member, "resolve" | "reject">;

export function createMember(
  message: InboundMessage,
  context: ExecutionContext,
  messageId: string,
  { resolve, reject }: Settle,
): Member {
  const conversationKey = externalKey(message.channelAccountId, message.conversationExternalId);
  const identityKeys = message.sender.identities.map(({ kind, value }) => identityKey(context.tenantId, kind, value));
  return {
    message,
    context,
    messageId,
    messageKey: externalKey(message.channelAccountId, message.externalId),
    conversationKey,
    identityKeys,
    keys: [conversationKey, ...identityKeys],
    resolve,
    reject,
  };
}

/** External ids are unique per channel account: those of messages among themselves, and those of conversations. */
export function externalKey(accountId: string, externalId: string): string {
  return `${accountId}/${externalId}`;
}

export function identityKey(tenantId: string, kind: string, value: string): string {
  return `${tenantId}/${kind}/${value}`;
}
