import { createServer, type AddressInfo, type Server } from "node:net";
import { SrpVerifier } from "./crypto/srp-verifier.ts";
import { FaultInjector } from "./faults/fault-injector.ts";
import type { FaultSwitches } from "./faults/telegram-faults.ts";
import { ServerKey } from "./handshake/server-key.ts";
import { TelegramAccount, TelegramBot } from "./people/telegram-account.ts";
import { TelegramCustomer, type AutoRead } from "./people/telegram-customer.ts";
import { AccessHashes } from "./rpc/access-hashes.ts";
import type { DataCentreState } from "./rpc/data-centre-state.ts";
import { allMethods } from "./rpc/all-methods.ts";
import { RpcRouter } from "./rpc/rpc-router.ts";
import { TlRenderer } from "./rpc/tl-renderer.ts";
import { UpdatePump } from "./rpc/update-pump.ts";
import { Uploads } from "./rpc/uploads.ts";
import { HOME_DC } from "./session/auth-key.ts";
import { AuthKeys } from "./session/auth-keys.ts";
import { Connection, type ConnectionServices } from "./session/connection.ts";
import { LoginTokens } from "./session/login-tokens.ts";
import { MessageDispatcher } from "./session/message-dispatcher.ts";
import { ServerSalts } from "./session/salts.ts";
import { FileStore } from "./world/file-store.ts";
import { World } from "./world/world.ts";

/** Larger than 32 bits, as new accounts at Telegram are. */
const FIRST_USER_ID = 5_000_000_001;
const LOGIN_TOKEN_LIFETIME_MS = 30_000;
const KEPT_UPDATES = 100_000;

/** Settings of a Telegram sandbox; each has a default. */
export interface TelegramSandboxOptions {
  /** Where to listen: 127.0.0.1. */
  readonly host?: string;
  /** A free one when 0 or not set. */
  readonly port?: number;
  /** Faults strike in the same places for the same seed: 1. */
  readonly seed?: number;
  /** How long a QR code can be scanned: 30 000 ms, as at Telegram. */
  readonly loginTokenLifetimeMs?: number;
  /** How many updates a client can have missed and still get one by one; then the difference is "too long": 100 000. */
  readonly keptUpdates?: number;
  /**
   * When two clients introduce themselves under one authorisation key at the same time, invalidate it with
   * AUTH_KEY_DUPLICATED, as Telegram does when they come from two addresses. Off.
   */
  readonly refuseSharedKeys?: boolean;
  /** Hears of clients that break the protocol, methods that are not offered, and mistakes of the sandbox. By default a process warning. */
  readonly onProblem?: (problem: Error) => void;
}

/** What a client needs to dial the sandbox instead of Telegram and to trust it. Plain data. */
export interface TelegramDataCentre {
  readonly host: string;
  readonly port: number;
  /** The RSA public key, PEM (SPKI). */
  readonly publicKey: string;
}

/** A business's own account to be. */
export interface AccountDraft {
  readonly firstName: string;
  readonly lastName?: string;
  /** E.164. */
  readonly phone: string;
  readonly username?: string;
  /** Two-step verification. */
  readonly password?: string;
  readonly passwordHint?: string;
  /** A data centre other than 2 makes QR logins go through a migration. */
  readonly homeDc?: number;
}

/** A bot to be. */
export interface BotDraft {
  /** `<user id>:<secret>`, as BotFather gives them out. */
  readonly token: string;
  readonly firstName: string;
  readonly username: string;
}

/** A customer to be. */
export interface CustomerDraft {
  readonly firstName: string;
  readonly lastName?: string;
  readonly username?: string;
  /** E.164. Whoever has one shows it to everybody. */
  readonly phone?: string;
  readonly autoRead?: AutoRead;
  /** The data centre where this customer's files are: 2, where the sandbox's accounts live unless they say otherwise. */
  readonly homeDc?: number;
}

/**
 * A local Telegram: one data centre that speaks MTProto 2.0 over TCP, with the people who use it. All state is in this
 * process and outlives the clients, which may be killed and come back.
 */
export class TelegramSandbox {
  readonly dataCentre: TelegramDataCentre;
  readonly faults: FaultSwitches;
  readonly #server: Server;
  readonly #connections: Set<Connection>;
  readonly #state: DataCentreState;

  private constructor(parts: {
    readonly dataCentre: TelegramDataCentre;
    readonly server: Server;
    readonly connections: Set<Connection>;
    readonly state: DataCentreState;
  }) {
    this.dataCentre = parts.dataCentre;
    this.faults = parts.state.faults;
    this.#server = parts.server;
    this.#connections = parts.connections;
    this.#state = parts.state;
  }

  /** Starts listening. Rejects when the port is taken. */
  static async start(options: TelegramSandboxOptions = {}): Promise<TelegramSandbox> {
    const { host = "127.0.0.1", port = 0 } = options;
    const server = createServer();
    const address = (): { host: string; port: number } => ({ host, port: (server.address() as AddressInfo).port });
    const state = buildState(options, address);
    const serverKey = await ServerKey.ofProcess();
    const router = new RpcRouter(state, allMethods(state));
    const connections = acceptConnections(server, state.faults, {
      serverKey,
      authKeys: state.authKeys,
      salts: new ServerSalts(),
      dispatcher: new MessageDispatcher((session, messageId, body) => router.answer(session, messageId, body)),
      onProblem: state.onProblem,
    });
    await listen(server, host, port);
    const dataCentre = { ...address(), publicKey: serverKey.publicKey };
    return new TelegramSandbox({ dataCentre, server, connections, state });
  }

  /** How many clients are connected now. */
  get connections(): number {
    return this.#connections.size;
  }

  /** Adds a business's account. Throws when the phone or the user name is taken. */
  addAccount(draft: AccountDraft): TelegramAccount {
    const { password, homeDc = HOME_DC, ...rest } = draft;
    const verifier = password === undefined ? undefined : new SrpVerifier(password);
    const person = this.#state.world.addPerson({ kind: "account", ...rest, password: verifier, homeDc });
    return new TelegramAccount(person, this.#state);
  }

  /** Adds a bot. Throws when the token does not start with a user id, or the id or the user name is taken. */
  addBot(draft: BotDraft): TelegramBot {
    const id = /^(\d+):.+$/.exec(draft.token)?.[1];
    if (id === undefined) throw new Error("A bot token reads <user id>:<secret>.");
    const person = this.#state.world.addPerson({ kind: "bot", ...draft, id: Number(id), homeDc: HOME_DC });
    return new TelegramBot(person, this.#state);
  }

  /** Adds a customer. Throws when the phone or the user name is taken. */
  addCustomer(draft: CustomerDraft): TelegramCustomer {
    const { autoRead = false, homeDc = HOME_DC, ...rest } = draft;
    const person = this.#state.world.addPerson({ kind: "customer", ...rest, homeDc });
    return new TelegramCustomer(person, this.#state.world, this.#state.files, autoRead);
  }

  /** Cuts all connections. Clients may connect again at once. */
  disconnectAll(): void {
    for (const connection of this.#connections) connection.close();
  }

  /** Stops listening and cuts all connections. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
    this.disconnectAll();
    await closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

/** Starts a local Telegram. Rejects when the port is taken. */
export function startTelegramSandbox(options: TelegramSandboxOptions = {}): Promise<TelegramSandbox> {
  return TelegramSandbox.start(options);
}

function buildState(options: TelegramSandboxOptions, address: DataCentreState["address"]): DataCentreState {
  const faults = new FaultInjector(options.seed ?? 1);
  const world = new World(
    (readerId, release) => {
      const delay = faults.receiptDelay(readerId);
      if (delay > 0) setTimeout(release, delay).unref();
      else release();
    },
    { firstPersonId: FIRST_USER_ID, keptUpdates: options.keptUpdates ?? KEPT_UPDATES },
  );
  const authKeys = new AuthKeys();
  const hashes = new AccessHashes();
  const renderer = new TlRenderer(world, hashes);
  const updates = new UpdatePump({ world, authKeys, renderer, faults });
  world.observe(updates);
  return {
    world,
    files: new FileStore(),
    uploads: new Uploads(),
    authKeys,
    loginTokens: new LoginTokens(options.loginTokenLifetimeMs ?? LOGIN_TOKEN_LIFETIME_MS),
    hashes,
    renderer,
    updates,
    faults,
    refuseSharedKeys: options.refuseSharedKeys ?? false,
    address,
    onProblem: options.onProblem ?? ((problem) => process.emitWarning(problem)),
  };
}

/** Serves everybody who connects, and cuts connections as the faults say. */
function acceptConnections(server: Server, faults: FaultInjector, services: ConnectionServices): Set<Connection> {
  const connections = new Set<Connection>();
  const timers = new Map<Connection, NodeJS.Timeout>();
  const limitLifetime = (connection: Connection): void => {
    clearTimeout(timers.get(connection));
    const lifetime = faults.connectionLifetime();
    if (lifetime !== undefined) timers.set(connection, setTimeout(() => connection.close(), lifetime).unref());
  };
  server.on("connection", (socket) => {
    const connection = new Connection(socket, services, () => {
      connections.delete(connection);
      clearTimeout(timers.get(connection));
      timers.delete(connection);
    });
    connections.add(connection);
    limitLifetime(connection);
  });
  faults.onChange(() => {
    for (const connection of connections) limitLifetime(connection);
  });
  return connections;
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve();
    });
  });
}
