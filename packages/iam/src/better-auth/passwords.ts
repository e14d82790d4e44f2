import { CrmError } from "@crmessenger/kernel";
import type { Auth } from "better-auth";
import type { BetterAuthServices } from "./create-better-auth.ts";

const CREDENTIAL = "credential";
const MIN_LENGTH = 10;
const MAX_LENGTH = 200;

/**
 * Signing in with a password, by better-auth. It is loaded when somebody first does so: it takes 110 ms and 20 MB,
 * and a process that only checks tokens never needs it.
 */
export class Passwords {
  readonly #services: BetterAuthServices;
  readonly #sessionLifetimeMs: number;
  #auth: Promise<Auth> | undefined;

  constructor(services: BetterAuthServices, sessionLifetimeMs: number) {
    this.#services = services;
    this.#sessionLifetimeMs = sessionLifetimeMs;
  }

  /** Begins a session; undefined when address and password don't belong together. Both take the same work. */
  async signIn(
    email: string,
    password: string,
  ): Promise<{ readonly token: string; readonly userId: string } | undefined> {
    const { api } = await this.#load();
    try {
      const { token, user } = await api.signInEmail({ body: { email, password } });
      return { token, userId: user.id };
    } catch (error) {
      if (isRefusal(error)) return undefined;
      throw error;
    }
  }

  /** The password as it is kept. Takes some 60 ms on purpose: never call it while a transaction is open. */
  async hash(password: string): Promise<string> {
    if (password.length < MIN_LENGTH || password.length > MAX_LENGTH) {
      throw new CrmError("CRM_IAM_PASSWORD_LENGTH", `A password has ${MIN_LENGTH} to ${MAX_LENGTH} characters.`, {
        status: 422,
      });
    }
    const { password: hasher } = await this.#context();
    return hasher.hash(password);
  }

  /** Gives the user this password, in the current unit of work. */
  async set(userId: string, hash: string): Promise<void> {
    const { internalAdapter } = await this.#context();
    if (await internalAdapter.findCredentialAccount(userId)) await internalAdapter.updatePassword(userId, hash);
    else await internalAdapter.linkAccount({ userId, providerId: CREDENTIAL, accountId: userId, password: hash });
  }

  async #context() {
    return (await this.#load()).$context;
  }

  #load(): Promise<Auth> {
    this.#auth ??= import("./create-better-auth.ts").then(({ createBetterAuth }) =>
      createBetterAuth(this.#services, this.#sessionLifetimeMs),
    );
    return this.#auth;
  }
}

/** better-auth refuses with an APIError: a wrong password with 401, what is no e-mail address with 400. */
function isRefusal(error: unknown): boolean {
  if (!(error instanceof Error) || error.name !== "APIError") return false;
  const { statusCode } = error as { statusCode?: unknown };
  return statusCode === 401 || statusCode === 400;
}
