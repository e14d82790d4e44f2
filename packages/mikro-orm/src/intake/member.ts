import type { ExecutionContext } from "@crmessenger/kernel";
import type { InboundMessage, InboundReceipt } from "@crmessenger/kernel/communication";

/** One message on its way into the database, in the context of its own caller. */
export interface Member {
  readonly message: InboundMessage;
  readonly context: ExecutionContext;
  /** Drawn once: when a commit's outcome is unknown, finding this id says that the commit was ours. */
  readonly messageId: string;
  readonly resolve: (receipt: InboundReceipt) => void;
  readonly reject: (error: unknown) => void;
}
