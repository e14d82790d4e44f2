import type { ChannelState } from "@crmessenger/kernel/communication";

/** What to do after a connection has ended. */
export type NextStep =
  | { readonly kind: "reconnect"; readonly afterMs: number; readonly state: ChannelState }
  /** The device is linked no longer: its keys are worth nothing. */
  | { readonly kind: "forget-device"; readonly state: ChannelState }
  | { readonly kind: "stop"; readonly state: ChannelState };

const FIRST_PAUSE_MS = 250;
const MAX_PAUSE_MS = 60_000;
/** A refused client version is not healed by asking again soon. */
const VERSION_PAUSE_MS = 15 * 60_000;
/** Failures in a row after which the account is called degraded rather than connecting. */
const PATIENCE = 3;

/**
 * Decides by the reason a connection ended with (Baileys' `DisconnectReason`), and by how often in a row it has failed.
 * `chance` in [0, 1) spreads the pauses, so that accounts cut off together do not come back together.
 */
export function nextStep(code: number, failures: number, chance: number): NextStep {
  switch (code) {
    case 515:
      return reconnect(0, { status: "connecting", reason: "WhatsApp asked for a new connection." });
    case 401:
      return {
        kind: "forget-device",
        state: { status: "needs-login", reason: "The device was logged out; link it again with a QR code." },
      };
    case 411:
      return {
        kind: "forget-device",
        state: {
          status: "needs-login",
          reason: "The phone no longer knows this device; link it again with a QR code.",
        },
      };
    case 403:
      return {
        kind: "stop",
        state: { status: "blocked", reason: "WhatsApp has banned this account; see the phone for what to do." },
      };
    case 440:
      return {
        kind: "stop",
        state: {
          status: "degraded",
          reason: "The same device is connected from somewhere else; stop that one, then connect again.",
        },
      };
    case 405:
      return reconnect(VERSION_PAUSE_MS, {
        status: "degraded",
        reason: "WhatsApp refuses this client's version; update the WhatsApp plugin.",
      });
    default:
      return reconnect(pause(failures, chance), unreachable(code, failures));
  }
}

function reconnect(afterMs: number, state: ChannelState): NextStep {
  return { kind: "reconnect", afterMs, state };
}

function unreachable(code: number, failures: number): ChannelState {
  const reason = `The connection to WhatsApp was lost (${code || "unknown reason"}); connecting again.`;
  return { status: failures < PATIENCE ? "connecting" : "degraded", reason };
}

/** Doubles with every failure; half of it is left to chance. */
function pause(failures: number, chance: number): number {
  const full = Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** failures);
  return Math.round(full * (0.5 + chance / 2));
}
