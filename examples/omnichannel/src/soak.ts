import { writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { loadConversations } from "./conversations/load-conversations.ts";
import { type ThreadPlan, planThreads } from "./conversations/plan-threads.ts";
import { UsageError, parseOptions } from "./options.ts";
import { isFaultless } from "./report/report.ts";
import { Session } from "./session.ts";

/**
 * Plays conversations for minutes. The first part is undisturbed and shows whether memory grows; in the second the
 * providers fail and the application is killed every few seconds. Afterwards nothing may be missing, doubled or out of
 * order.
 */
const OWN_CONVERSATIONS = fileURLToPath(new URL("../data/conversations.jsonl", import.meta.url));
const DEFAULT_MINUTES = 10;
const CALM_SHARE = 0.4;
const SETTLE_MS = 120_000;
/** People of calm rounds come back, so that what is kept for each of them stops growing. */
const CALM_CASTS = 2;
const KILL_FROM_MS = 4_000;
const KILL_TO_MS = 9_000;
const RESTART_PAUSE_MS = 500;

interface Memory {
  readonly idle_rss_mb: number;
  readonly idle_heap_mb: number;
  /** From the first third of the calm rounds, which warm up, to the last. */
  readonly heap_growth_mb: number;
  readonly samples_heap_mb: readonly number[];
}

async function soak(): Promise<number> {
  const options = parseOptions(process.argv.slice(2));
  if (options === "help") {
    console.log("npm run soak -- [--minutes N] [--database URL] [--conversations FILE] [--report FILE]");
    return 0;
  }
  const threads = planThreads(loadConversations(options.conversations ?? OWN_CONVERSATIONS));
  const minutes = options.minutes ?? DEFAULT_MINUTES;
  const end = Date.now() + minutes * 60_000;
  await using session = await Session.open({ ...options, measured: true, patienceMs: SETTLE_MS * 3 });
  await session.start();
  await session.connect();
  const endConsent = session.keepConsent();
  const memory = await calm(session, threads, Date.now() + minutes * 60_000 * CALM_SHARE);
  const { kills, failures } = await storm(session, threads, end);
  console.log(`Settling after ${kills} kills …`);
  await session.settle(SETTLE_MS);
  endConsent();
  const report = { ...(await session.report()), soak: { minutes, kills, broken_off: failures.length, ...memory } };
  const text = JSON.stringify(report, null, 2);
  console.log(text);
  for (const failure of failures.slice(0, 10)) console.log(`A conversation broke off: ${failure.message}`);
  if (options.report !== undefined) writeFileSync(options.report, `${text}\n`);
  return isFaultless(report) ? 0 : 1;
}

async function calm(session: Session, threads: readonly ThreadPlan[], until: number): Promise<Memory> {
  const idle = await session.app.memory();
  const heaps: number[] = [];
  for (let round = 0; Date.now() < until || heaps.length < 3; round += 1) {
    await session.play(asNewPeople(threads, `calm-${round % CALM_CASTS}`));
    heaps.push(Math.round((await session.app.memory()).heapMb * 10) / 10);
    console.log(`Calm round ${round + 1}: ${session.tally.done} messages everywhere, heap ${heaps.at(-1)} MB.`);
  }
  const third = Math.max(1, Math.floor(heaps.length / 3));
  const growth = Math.min(...heaps.slice(-third)) - Math.min(...heaps.slice(third, third * 2));
  return {
    idle_rss_mb: Math.round(idle.rssMb),
    idle_heap_mb: Math.round(idle.heapMb),
    heap_growth_mb: Math.round(growth * 10) / 10,
    samples_heap_mb: heaps,
  };
}

async function storm(
  session: Session,
  threads: readonly ThreadPlan[],
  until: number,
): Promise<{ kills: number; failures: Error[] }> {
  session.world.setFaults(true);
  const played = new AbortController();
  let kills = 0;
  const killing = (async () => {
    for (;;) {
      await sleep(KILL_FROM_MS + Math.random() * (KILL_TO_MS - KILL_FROM_MS));
      if (played.signal.aborted || Date.now() >= until) break;
      await session.app.kill();
      kills += 1;
      await restart(session);
    }
  })();
  const failures: Error[] = [];
  for (let round = 0; Date.now() < until; round += 1) {
    failures.push(...(await session.play(asNewPeople(threads, `storm-${round}`))));
    console.log(`Storm round ${round + 1}: ${session.tally.done} messages everywhere, ${kills} kills.`);
  }
  played.abort();
  await killing;
  session.world.setFaults(false);
  return { kills, failures };
}

async function restart(session: Session): Promise<void> {
  for (;;) {
    try {
      await session.start();
      return;
    } catch (error) {
      console.log(`The restart failed and is repeated: ${(error as Error).message}`);
      await sleep(RESTART_PAUSE_MS);
    }
  }
}

/** A round with another name has other people, and begins with first contacts. */
function asNewPeople(threads: readonly ThreadPlan[], round: string): readonly ThreadPlan[] {
  return threads.map((thread) => ({
    ...thread,
    person: `${round}/${thread.person}`,
    conversations: thread.conversations.map((id) => `${round}/${id}`),
  }));
}

soak().then(
  (status) => process.exit(status),
  (error: unknown) => {
    console.error(error instanceof UsageError ? error.message : error);
    process.exit(error instanceof UsageError ? 2 : 1);
  },
);
