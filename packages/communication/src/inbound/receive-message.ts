import type { GuardHook, TransformHook } from "@crmessenger/kernel";
import type { InboundMessage, InboundReceipt, Intake } from "@crmessenger/kernel/communication";
import type { IdentityNormaliser } from "@crmessenger/kernel/sales";

export interface ReceiveServices {
  readonly intake: Intake;
  readonly normaliser: IdentityNormaliser | undefined;
  readonly guard: GuardHook<InboundMessage>;
  readonly draft: TransformHook<InboundMessage>;
}

/** Passes an arrival by the hooks and through the intake. The intake commits, alone or with others. */
export function receiveMessage({ intake, normaliser, guard, draft }: ReceiveServices) {
  return async (arrived: InboundMessage): Promise<InboundReceipt> => {
    const message = normaliser ? normalised(arrived, normaliser) : arrived;
    if (guard.taps.length > 0) await guard.enforce(message);
    return intake.accept(draft.taps.length > 0 ? await draft.apply(message) : message);
  };
}

function normalised(message: InboundMessage, normaliser: IdentityNormaliser): InboundMessage {
  const identities = message.sender.identities.map((claim) => normaliser.normalise(claim));
  return { ...message, sender: { ...message.sender, identities } };
}
