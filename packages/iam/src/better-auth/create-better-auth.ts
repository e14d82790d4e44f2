import { randomToken } from "../authentication/tokens.ts";
import type { SessionStore } from "../authentication/session-store.ts";
import type { Clock, Collection, Ids, Logger } from "@crmessenger/kernel/infrastructure";
import type { UserRepository } from "@crmessenger/kernel/iam";
import type { Auth, BetterAuthOptions } from "better-auth";
import { betterAuth } from "better-auth/minimal";
import type { Account } from "./accounts.ts";
import { CollectionTable } from "./collection-table.ts";
import { tablesAdapter } from "./tables-adapter.ts";
import { UserTable } from "./user-table.ts";

export interface BetterAuthServices {
  readonly accounts: Collection<Account>;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly logger: Logger;
  readonly sessions: SessionStore;
  readonly users: UserRepository;
}

/**
 * better-auth on our storage, as a library: nothing of it is mounted on HTTP, so its cookies, origins and rate limits
 * by address have no say here, and it calls nobody.
 */
export function createBetterAuth(services: BetterAuthServices, sessionLifetimeMs: number): Auth {
  const { clock, ids, logger } = services;
  const options: BetterAuthOptions = {
    baseURL: "http://localhost", // for its own routes, which nobody serves
    secret: randomToken(), // signs its cookies, which nobody sees
    database: tablesAdapter({
      user: new UserTable(services.users),
      account: new CollectionTable(services.accounts, { field: "id", secret: false }),
      session: new CollectionTable(services.sessions.collection, { field: "token", secret: true }),
    }),
    emailAndPassword: { enabled: true, disableSignUp: true },
    databaseHooks: {
      session: {
        create: {
          // It reads the system's time, and sessions live by ours.
          before: async (session) => {
            const now = clock.now();
            return {
              data: {
                ...session,
                createdAt: new Date(now),
                updatedAt: new Date(now),
                expiresAt: new Date(now + sessionLifetimeMs),
              },
            };
          },
        },
      },
    },
    advanced: { database: { generateId: () => ids.next() } },
    rateLimit: { enabled: false },
    telemetry: { enabled: false },
    logger: { level: "error", log: (_, message) => logger.error(`better-auth: ${message}`) },
  };
  return betterAuth(options);
}
