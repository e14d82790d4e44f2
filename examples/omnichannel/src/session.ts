import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { randomBytes } from "node:crypto";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { AppProcess, type AppReady } from "./app/app-process.ts";
import type { AppConfig } from "./app/config.ts";
import type { ThreadPlan } from "./conversations/plan-threads.ts";
import { ApiClient } from "./play/api-client.ts";
import { Arrivals } from "./play/arrivals.ts";
import { type Accounts, connectEverything, renewConsent } from "./play/connect.ts";
import { connectLive } from "./play/connect-live.ts";
import { FollowUp } from "./play/follow-up.ts";
import { createPace } from "./play/pace.ts";
import { type Stage, playThread } from "./play/play-thread.ts";
import { type Probe, openProbe } from "./play/probe.ts";
import { type Subscribed, subscribeWebhooks } from "./play/subscribe-webhooks.ts";
import { Tally } from "./play/tally.ts";
import type { FunnelReport } from "./report/print-funnel.ts";
import { type Report, isFaultless, writeReport } from "./report/report.ts";
import { People } from "./world/people.ts";
import { type RealProviders, realProviders } from "./world/real-providers.ts";
import { type World, startWorld } from "./world/start-world.ts";

const CONCURRENT_THREADS = 24;
const SETTLE_POLL_MS = 250;
const CONSENT_MS = 1_000;
/** The local Telegram can lose pushed updates on purpose; real ones are rarer, and the default is slower. */
const CHECK_MS = 2_000;

export interface SessionOptions {
  readonly database: string | undefined;
  readonly data: string | undefined;
  readonly port: number | undefined;
  readonly rate: number | undefined;
  /** Whether memory is measured after garbage collections. */
  readonly measured?: boolean;
  /** Milliseconds one message may take to arrive everywhere. */
  readonly patienceMs: number;
}

/** One run of everything: the world, the application in it, and what is played. */
export class Session implements AsyncDisposable {
  readonly world: World;
  readonly app: AppProcess;
  readonly probe: Probe;
  readonly tally = new Tally();
  readonly url: string;
  readonly #people: People;
  readonly #api: ApiClient;
  readonly #options: SessionOptions;
  readonly #removeData: () => void;
  #stage: Stage | undefined;
  #subscribed: Subscribed | undefined;

  private constructor(parts: {
    world: World;
    app: AppProcess;
    options: SessionOptions;
    url: string;
    removeData: () => void;
  }) {
    this.world = parts.world;
    this.app = parts.app;
    this.url = parts.url;
    this.#options = parts.options;
    this.#removeData = parts.removeData;
    this.probe = openProbe(parts.options.database, parts.app);
    this.#people = new People(parts.world);
    this.#api = new ApiClient(parts.url, () => parts.app.ready?.apiKey);
  }

  static async open(options: SessionOptions): Promise<Session> {
    const port = options.port ?? (await freePort());
    const url = `http://127.0.0.1:${port}`;
    const world = await startWorld(url);
    const data = dataDirectory(options);
    mkdirSync(data, { recursive: true });
    const real = realProviders(process.env);
    const app = new AppProcess(
      {
        port,
        publicUrl: url,
        databaseUrl: options.database,
        dataDirectory: data,
        webhookReceivers: [world.webhookReceiver.url],
        ...providerConfig(world, real),
      },
      {
        ...providerSecrets(world, real),
        CRMESSENGER_SECRET_KEY: process.env["CRMESSENGER_SECRET_KEY"] ?? secretKey(data),
      },
      options.measured ?? false,
    );
    const removeData = () => {
      if (options.data === undefined && options.database === undefined) rmSync(data, { recursive: true, force: true });
    };
    return new Session({ world, app, options, url, removeData });
  }

  start(): Promise<AppReady> {
    return this.app.start();
  }

  /** Connects real accounts: whoever sits at the terminal scans and consents. */
  connectLive(real: RealProviders, say: (text: string) => void): Promise<void> {
    return connectLive({ api: this.#api, world: this.world, real, say });
  }

  async connect(): Promise<Accounts> {
    this.#subscribed = await subscribeWebhooks(this.#api, this.world.webhookReceiver, this.probe);
    const accounts = await connectEverything(this.#api, this.world);
    const { rate, patienceMs } = this.#options;
    this.#stage = {
      world: this.world,
      people: this.#people,
      api: this.#api,
      arrivals: new Arrivals(this.probe),
      accounts,
      tally: this.tally,
      followUp: new FollowUp(this.#api),
      pace: createPace(rate),
      patienceMs,
    };
    return accounts;
  }

  /** Plays threads, some at a time. The failures are answered, not thrown: the report shows what they left undone. */
  async play(threads: readonly ThreadPlan[]): Promise<readonly Error[]> {
    const stage = this.#stage;
    if (!stage) throw new Error("Connect before you play.");
    stage.followUp.expect(threads);
    const failures: Error[] = [];
    const rest = [...threads];
    const worker = async () => {
      for (let plan = rest.shift(); plan; plan = rest.shift())
        await playThread(stage, plan).catch((error: unknown) => failures.push(error as Error));
    };
    await Promise.all(Array.from({ length: CONCURRENT_THREADS }, worker));
    return failures;
  }

  /** The owner of the amoCRM account consents again whenever the application asks for it. Answers how to end that. */
  keepConsent(): () => void {
    const timer = setInterval(() => void renewConsent(this.#api, this.world).catch(() => undefined), CONSENT_MS);
    return () => clearInterval(timer);
  }

  /** Waits until everything is everywhere and read; gives up when nothing has come any further for a while. */
  async settle(patienceMs: number): Promise<void> {
    let last = "";
    let since = Date.now();
    while (Date.now() - since < patienceMs) {
      const report = await this.report().catch(() => undefined);
      if (report && isFaultless(report) && report.outbound.read >= report.outbound.delivered) return;
      const now = JSON.stringify(report && { ...report, seconds: 0, peak_rss_mb: 0 });
      if (now !== last) since = Date.now();
      last = now;
      await sleep(SETTLE_POLL_MS);
    }
  }

  async report(): Promise<Report> {
    await this.app.memory().catch(() => undefined);
    return writeReport({
      tally: this.tally,
      probe: this.probe,
      api: this.#api,
      world: this.world,
      subscribed: this.#subscribed,
      peakRssMb: this.app.peakRssMb,
    });
  }

  /** How far leads came: in figures, and drawn. */
  async funnel(): Promise<{ readonly figures: FunnelReport; readonly svg: string }> {
    const [figures, { body: svg }] = await Promise.all([
      this.#api.get<FunnelReport>("/api/v1/reports/funnel"),
      this.#api.get<{ body: string }>("/api/v1/reports/funnel/as/svg"),
    ]);
    return { figures, svg };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.app.stop();
    } finally {
      await this.probe.close();
      await this.world[Symbol.asyncDispose]();
      this.#removeData();
    }
  }
}

/** Where the providers are: real, or ours. */
function providerConfig(
  { telegram, whatsapp, amo, integration, channel }: World,
  real: RealProviders,
): Pick<AppConfig, "telegram" | "whatsapp" | "amocrm"> {
  const { amocrm } = real;
  return {
    telegram: real.telegram ? undefined : { dataCentre: telegram.dataCentre, checkIntervalMs: CHECK_MS },
    whatsapp: real.whatsapp ? undefined : { server: whatsapp.server },
    amocrm: amocrm ?? {
      baseUrl: amo.url,
      chatsUrl: amo.chatsUrl,
      clientId: integration.clientId,
      channelId: channel.channelId,
    },
  };
}

function providerSecrets({ integration, channel }: World, real: RealProviders): Record<string, string> {
  const telegram = real.telegram ? {} : { TELEGRAM_API_ID: "1", TELEGRAM_API_HASH: "sandbox" };
  const amocrm = real.amocrm
    ? {}
    : { AMOCRM_CLIENT_SECRET: integration.clientSecret, AMOCRM_CHANNEL_SECRET: channel.secret };
  return { ...telegram, ...amocrm };
}

/** Files and the key to the secrets belong to the database: what is kept with it is found again with it. */
function dataDirectory({ data, database }: SessionOptions): string {
  if (data !== undefined) return resolve(data);
  return database === undefined ? mkdtempSync(join(tmpdir(), "crmessenger-")) : resolve("data/omnichannel");
}

function secretKey(data: string): string {
  const file = join(data, "secret.key");
  if (!existsSync(file)) writeFileSync(file, randomBytes(32).toString("base64"), { mode: 0o600 });
  return readFileSync(file, "utf8");
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });
}
