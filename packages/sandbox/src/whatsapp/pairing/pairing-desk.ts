import { randomBytes } from "node:crypto";
import type { CompanionDevice } from "../devices/companion-device.ts";
import type { AccountPhone } from "../people/account-phone.ts";
import type { PairingOptions } from "./pairing-options.ts";
import type { PairingSession } from "./pairing-session.ts";
import { parseQrCode } from "./qr-code.ts";

interface Issued {
  readonly session: PairingSession;
  readonly expiresAt: number;
}

/** Knows which reference belongs to which waiting connection, and until when. */
export class PairingDesk {
  readonly options: Required<PairingOptions>;
  readonly #issued = new Map<string, Issued>();

  constructor(options: PairingOptions) {
    this.options = { refs: 6, firstRefMs: 60_000, nextRefMs: 20_000, refreshRegistration: false, ...options };
  }

  /** References for a new connection, in the order it is to show them. */
  issue(session: PairingSession): string[] {
    const { refs, firstRefMs, nextRefMs } = this.options;
    const start = Date.now() + firstRefMs;
    return Array.from({ length: refs }, (_, index) => {
      const ref = `2@${randomBytes(24).toString("base64")}`;
      this.#issued.set(ref, { session, expiresAt: start + index * nextRefMs });
      return ref;
    });
  }

  /** Takes back what a connection was given. */
  withdraw(session: PairingSession): void {
    for (const [ref, issued] of this.#issued) if (issued.session === session) this.#issued.delete(ref);
  }

  /** Links the device that shows this code. Rejects when the code is not valid now. */
  async redeem(qrText: string, account: AccountPhone): Promise<CompanionDevice> {
    const code = parseQrCode(qrText);
    const issued = this.#issued.get(code.ref);
    if (!issued || issued.expiresAt <= Date.now()) {
      throw new Error("This QR code has expired; scan the one the device shows now.");
    }
    return issued.session.pair(account, code);
  }
}
