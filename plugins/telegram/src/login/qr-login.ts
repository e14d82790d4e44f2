import { isCrmError } from "@crmessenger/kernel";
import { Api } from "telegram";
import type { DataCentre } from "../connection/data-centre.ts";
import { patiently } from "../connection/patiently.ts";
import { unknownDataCentre } from "../connection/file-servers.ts";
import type { TelegramLink } from "../connection/telegram-link.ts";
import type { TelegramServices } from "../telegram-services.ts";
import { checkPassword, passwordNeeded } from "./password-check.ts";
import type { LoggedIn, LoginDialogue, LoginMethod } from "./telegram-login.ts";
import { userOf } from "./user-of.ts";

/** A code is replaced so long before it expires, or after half its life if that is short. */
const MARGIN_MS = 5_000;
const RECONNECT_PAUSE_MS = 500;

/** A connection that waits to be logged in. */
interface Waiting {
  readonly link: TelegramLink;
  /** Resolves when Telegram says that the code was scanned. */
  readonly scanned: Promise<void>;
}

/**
 * Logs in by a QR code that is scanned with the phone (https://core.telegram.org/api/qr-login). The loop is our own: the
 * one of GramJS shows codes after they have expired, fails when it misses that a code was scanned, and can't be cancelled.
 */
export class QrLogin implements LoginMethod {
  readonly #services: TelegramServices;

  constructor(services: TelegramServices) {
    this.#services = services;
  }

  async run(dialogue: LoginDialogue): Promise<LoggedIn> {
    let authKey: Buffer | undefined;
    for (;;) {
      const waiting = await this.#wait(this.#services.dataCentres.first(), authKey, dialogue.signal);
      authKey = waiting.link.authKey;
      const onAbort = (): void => waiting.link.close();
      dialogue.signal.addEventListener("abort", onAbort, { once: true });
      try {
        return await this.#untilScanned(waiting, dialogue);
      } catch (error) {
        waiting.link.close();
        dialogue.signal.throwIfAborted();
        if (!isCrmError(error, "CRM_TELEGRAM_LINK_LOST")) throw error;
        // The same key goes on where it was: if the code was scanned meanwhile, Telegram says so.
        await this.#services.clock.sleep(RECONNECT_PAUSE_MS, dialogue.signal);
      } finally {
        dialogue.signal.removeEventListener("abort", onAbort);
      }
    }
  }

  /** Shows one code after another until one is scanned. */
  async #untilScanned({ link, scanned }: Waiting, dialogue: LoginDialogue): Promise<LoggedIn> {
    const { clock, application } = this.#services;
    const { apiId, apiHash } = application;
    const skew = clock.now() - link.config.date * 1000;
    try {
      for (;;) {
        const request = new Api.auth.ExportLoginToken({ apiId, apiHash, exceptIds: [] });
        const token = await patiently(clock, dialogue.signal, () => link.invoke(request));
        if (token instanceof Api.auth.LoginTokenSuccess) return { user: userOf(token.authorization), link };
        if (token instanceof Api.auth.LoginTokenMigrateTo) return await this.#migrate(link, token, dialogue);
        // By our clock, which may differ from Telegram's.
        const expiresAt = token.expires * 1000 + skew;
        dialogue.showQr(`tg://login?token=${token.token.toString("base64url")}`, expiresAt);
        const lost = link.closed.then((reason) => Promise.reject(reason));
        await Promise.race([lost, this.#scannedOrStale(scanned, expiresAt, dialogue.signal)]);
      }
    } catch (error) {
      if (!passwordNeeded(error)) throw error;
      return { user: userOf(await checkPassword(link, dialogue)), link };
    }
  }

  /** The account lives in another data centre: the accepted code is turned into a login there. */
  async #migrate(
    link: TelegramLink,
    { dcId, token }: Api.auth.LoginTokenMigrateTo,
    dialogue: LoginDialogue,
  ): Promise<LoggedIn> {
    const dataCentre = this.#services.dataCentres.find(dcId, link.config);
    if (dataCentre === undefined) throw unknownDataCentre(dcId);
    link.close();
    const there = await this.#services.openLink({ dataCentre }, dialogue.signal);
    try {
      return { user: await this.#importToken(there, token, dialogue), link: there };
    } catch (error) {
      there.close();
      throw error;
    }
  }

  async #importToken(link: TelegramLink, token: Buffer, dialogue: LoginDialogue): Promise<Api.User> {
    try {
      const imported = await link.invoke(new Api.auth.ImportLoginToken({ token }));
      if (imported instanceof Api.auth.LoginTokenSuccess) return userOf(imported.authorization);
      throw new Error(`Telegram answered the login with ${imported.className}.`);
    } catch (error) {
      if (!passwordNeeded(error)) throw error;
      return userOf(await checkPassword(link, dialogue));
    }
  }

  async #wait(dataCentre: DataCentre, authKey: Buffer | undefined, signal: AbortSignal): Promise<Waiting> {
    const scanned = Promise.withResolvers<void>();
    const link = await this.#services.openLink(
      {
        dataCentre,
        authKey,
        onUpdate: (updates) => {
          if (updates instanceof Api.UpdateShort && updates.update instanceof Api.UpdateLoginToken) scanned.resolve();
        },
      },
      signal,
    );
    return { link, scanned: scanned.promise };
  }

  /** Resolves when the code was scanned or is about to expire. */
  async #scannedOrStale(scanned: Promise<void>, expiresAt: number, signal: AbortSignal): Promise<void> {
    const { clock } = this.#services;
    const life = Math.max(0, expiresAt - clock.now());
    const patience = new AbortController();
    const stale = clock.sleep(life - Math.min(MARGIN_MS, life / 2), AbortSignal.any([signal, patience.signal]));
    await Promise.race([scanned, stale]).finally(() => {
      patience.abort();
      // Not awaited any more when the scan came first.
      stale.catch(() => undefined);
    });
  }
}
