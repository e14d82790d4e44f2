import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { AppFailure } from "./app/app-process.ts";
import { loadConversations } from "./conversations/load-conversations.ts";
import { planThreads } from "./conversations/plan-threads.ts";
import { type Options, USAGE, UsageError, parseOptions } from "./options.ts";
import { type Report, isFaultless } from "./report/report.ts";
import { Session } from "./session.ts";
import { type RealProviders, isReal, realProviders } from "./world/real-providers.ts";
import { Display } from "./display.ts";

const OWN_CONVERSATIONS = fileURLToPath(new URL("../data/conversations.jsonl", import.meta.url));
const PATIENCE_MS = 120_000;
const PATIENCE_WITH_FAULTS_MS = 300_000;
const SETTLE_MS = 30_000;
const SUMMARY_MS = 5_000;

async function main(): Promise<number> {
  const options = parseOptions(process.argv.slice(2));
  if (options === "help") {
    console.log(USAGE);
    return 0;
  }
  const threads = planThreads(loadConversations(options.conversations ?? OWN_CONVERSATIONS));
  const display = new Display();
  const stopped = new Promise<"stopped">((resolve) => {
    process.once("SIGINT", () => resolve("stopped"));
    process.once("SIGTERM", () => resolve("stopped"));
  });
  const real = realProviders(process.env);
  await using session = await Session.open({
    ...options,
    patienceMs: options.faults ? PATIENCE_WITH_FAULTS_MS : PATIENCE_MS,
  });
  if (isReal(real)) {
    await Promise.race([live(session, options, real, display), stopped]);
    await stopped;
    return 0;
  }
  const played = play(session, options, threads, display);
  const outcome = await Promise.race([played, stopped]);
  if (outcome === "stopped") {
    display.line("Stopping …");
    void played.catch(() => undefined);
    return 0;
  }
  if (options.once) return isFaultless(outcome) ? 0 : 1;
  display.line("Everything stays up. Ctrl-C stops it.");
  const timer = setInterval(
    () =>
      void session.report().then(
        (report) => display.summary(report),
        () => undefined,
      ),
    SUMMARY_MS,
  );
  await stopped;
  clearInterval(timer);
  display.line("Stopping …");
  return isFaultless(outcome) ? 0 : 1;
}

/** With real providers nobody is simulated, so nothing is played: the application is there for whoever writes. */
async function live(session: Session, options: Options, real: RealProviders, display: Display): Promise<void> {
  display.started(await session.start(), session, options);
  await session.connectLive(real, (text) => display.line(text));
  display.line("Connected. Conversations are played only when all providers are local. Ctrl-C stops.");
}

async function play(
  session: Session,
  options: Options,
  threads: ReturnType<typeof planThreads>,
  display: Display,
): Promise<Report> {
  let failed: (error: Error) => void = () => {};
  const ended = new Promise<never>((_, reject) => {
    failed = reject;
  });
  session.app.onUnexpectedEnd = (code) =>
    failed(new AppFailure(`The application ended by itself with status ${code ?? "none"}.`));
  display.started(await session.start(), session, options);
  await Promise.race([session.connect(), ended]);
  display.line("Telegram and WhatsApp are logged in, amoCRM is connected.");
  const endConsent = session.keepConsent();
  if (options.faults) session.world.setFaults(true);
  const total = threads.reduce((sum, thread) => sum + thread.utterances.length, 0);
  session.tally.onProgress = () => display.progress(session.tally, total);
  const failures = await Promise.race([session.play(threads), ended]);
  display.endProgress();
  for (const failure of failures) display.line(`A conversation broke off: ${failure.message}`);
  session.world.setFaults(false);
  await Promise.race([session.settle(SETTLE_MS), ended]);
  endConsent();
  const report = await session.report();
  const funnel = await session.funnel();
  display.funnel(funnel.figures);
  display.report(report);
  if (options.report !== undefined) {
    writeFileSync(options.report, `${JSON.stringify(report, null, 2)}\n`);
    writeFileSync(`${options.report.replace(/\.json$/, "")}-funnel.svg`, funnel.svg);
  }
  return report;
}

main().then(
  (status) => {
    process.exitCode = status;
    // What is left are idle sockets of clients; the application and its world are closed.
    setImmediate(() => process.exit());
  },
  (thrown: unknown) => {
    const error: unknown = thrown instanceof SuppressedError ? thrown.suppressed : thrown;
    const isOurs = error instanceof UsageError || error instanceof AppFailure;
    console.error(isOurs ? error.message : error);
    process.exit(error instanceof UsageError ? 2 : 1);
  },
);
