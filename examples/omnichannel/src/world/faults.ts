import type { AmoCrmSandbox } from "@crmessenger/sandbox/amocrm";
import type { TelegramSandbox } from "@crmessenger/sandbox/telegram";
import type { WhatsAppSandbox } from "@crmessenger/sandbox/whatsapp";
import type { WebhookReceiver } from "./webhook-receiver.ts";

interface Outside {
  readonly telegram: TelegramSandbox;
  readonly whatsapp: WhatsAppSandbox;
  readonly amo: AmoCrmSandbox;
  readonly webhookReceiver: WebhookReceiver;
}

/** Everything that real providers do on a bad day, all day. */
export function faultsOn({ telegram, whatsapp, amo, webhookReceiver }: Outside): void {
  telegram.faults.set({
    disconnectEveryMs: 8_000,
    floodWaitRate: 0.02,
    floodWaitSeconds: 2,
    duplicateUpdateRate: 0.1,
    dropUpdateRate: 0.05,
    lateReceiptMs: 1_500,
    reorderReceipts: true,
    rpcErrorRate: 0.02,
    lostAnswerRate: 0.02,
  });
  whatsapp.faults.set({
    disconnectEveryMs: 9_000,
    duplicateRate: 0.1,
    reorderReceipts: true,
    lateReceiptMs: 1_500,
    lostAckRate: 0.05,
  });
  amo.owner.autoConsent = true;
  amo.faults.set({
    rate429: 0.03,
    rate5xx: 0.03,
    timeoutBeforeEffectRate: 0.01,
    timeoutAfterEffectRate: 0.02,
    revokeTokensEveryMs: 45_000,
    dropHookRate: 0.05,
    duplicateHookRate: 0.1,
    reorderHooks: true,
  });
  webhookReceiver.setFaults(true);
}

export function faultsOff({ telegram, whatsapp, amo, webhookReceiver }: Outside): void {
  telegram.faults.clear();
  whatsapp.faults.clear();
  amo.faults.set({});
  webhookReceiver.setFaults(false);
}
