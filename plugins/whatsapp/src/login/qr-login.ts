import { CrmError, runOutsideUnitOfWork, toCrmError } from "@crmessenger/kernel";
import type { ChannelHost, LoginFlow, LoginStep } from "@crmessenger/kernel/communication";
import type { Clock, SecretNamespace } from "@crmessenger/kernel/infrastructure";
import { storeLinkedDevice } from "../auth/auth-store.ts";
import type { Endpoint } from "../connection/endpoint.ts";
import { phoneNumber } from "../jid.ts";
import { LoginSteps, type NewLoginStep } from "./login-steps.ts";
import { PairingSocket, type PairingEnd } from "./pairing-socket.ts";

/** A login nobody completes ends after this long. */
const DEADLINE_MS = 10 * 60_000;
/** WhatsApp lets the first code of a connection live for 60 seconds and each later one for 20 more. */
const QR_LIFETIME_MS = 19_000;
const PAUSE_MS = 1_000;
const MAX_FAILURES = 5;

/** What a login works with. */
export interface QrLoginParts {
  readonly host: ChannelHost;
  readonly endpoint: Endpoint;
  readonly secrets: SecretNamespace;
  readonly clock: Clock;
  /** How long one code is shown; shorter than WhatsApp lets it live. */
  readonly qrLifetimeMs?: number;
}

/**
 * Links a device: shows codes, one after another and on as many connections as it takes, until a phone scans one. The
 * device's state is stored, in place of any device before it, and the login is done: the channel then makes the new
 * connection that WhatsApp asks for after linking.
 */
export class QrLogin implements LoginFlow {
  readonly #parts: QrLoginParts;
  readonly #steps = new LoginSteps();
  readonly #over = new AbortController();
  #socket: PairingSocket | undefined;

  constructor(parts: QrLoginParts) {
    this.#parts = parts;
  }

  /** Begins to show codes. */
  start(): this {
    const { host, clock } = this.#parts;
    const cancelDeadline = clock.schedule(DEADLINE_MS, () => {
      this.#finish(failed("CRM_LOGIN_EXPIRED", "Nobody scanned a code; begin the login again."));
    });
    const abort = (): void => this.#finish(failed("CRM_LOGIN_CANCELLED", "This process has let go of the account."));
    host.signal.addEventListener("abort", abort, { once: true });
    void runOutsideUnitOfWork(() => this.#run()).finally(() => {
      cancelDeadline();
      host.signal.removeEventListener("abort", abort);
    });
    return this;
  }

  next(after: number, signal?: AbortSignal): Promise<LoginStep> {
    return this.#steps.next(after, signal);
  }

  submit(): Promise<void> {
    const message = "This login asks for nothing but a scanned code.";
    return Promise.reject(new CrmError("CRM_LOGIN_NOT_ASKED", message, { status: 409 }));
  }

  async cancel(): Promise<void> {
    this.#finish(failed("CRM_LOGIN_CANCELLED", "The login was cancelled."));
    await this.#socket?.ended;
  }

  async #run(): Promise<void> {
    try {
      for (let failures = 0; !this.#steps.ended;) {
        const end = await this.#showCodes();
        if (end.kind === "linked") return await this.#store(end);
        if (end.kind === "codes-used-up") continue;
        failures += 1;
        if (failures >= MAX_FAILURES) return this.#finish(unreachable(end.code));
        this.#steps.advance({ kind: "working" });
        await this.#parts.clock.sleep(PAUSE_MS, this.#over.signal).catch(() => undefined);
      }
    } catch (error) {
      const { code, message } = toCrmError(error);
      this.#finish(failed(code, message));
    }
  }

  #showCodes(): Promise<PairingEnd> {
    const { endpoint, clock, qrLifetimeMs = QR_LIFETIME_MS } = this.#parts;
    const socket = new PairingSocket(endpoint, qrLifetimeMs, (text) => {
      const expiresAt = new Date(clock.now() + qrLifetimeMs).toISOString();
      this.#steps.advance({ kind: "show-qr", text, expiresAt });
    });
    this.#socket = socket;
    return socket.ended;
  }

  async #store({ creds, rows }: Extract<PairingEnd, { kind: "linked" }>): Promise<void> {
    const { host, secrets } = this.#parts;
    if (this.#steps.ended || !creds.me) return;
    await storeLinkedDevice(secrets, creds, rows);
    const phone = phoneNumber(creds.me.id);
    await host.identify(phone);
    this.#finish({ kind: "done", externalId: phone, displayName: creds.me.name || phone });
  }

  #finish(step: NewLoginStep): void {
    this.#steps.advance(step);
    this.#over.abort();
    this.#socket?.close();
  }
}

function failed(code: string, reason: string): NewLoginStep {
  return { kind: "failed", code, reason };
}

function unreachable(code: number): NewLoginStep {
  return failed("CRM_WHATSAPP_UNREACHABLE", `WhatsApp can't be reached (${code || "no answer"}); try again later.`);
}
