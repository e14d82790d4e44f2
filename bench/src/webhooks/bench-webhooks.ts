import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import pg from "pg";
import { type BenchResult, median } from "../bench.ts";
import { withPostgres } from "../postgres.ts";
import { round } from "../publish.ts";
import type { Arrivals, Done, Order } from "./messages.ts";

const ROUNDS = 3;
const BURST = Number(process.env["BENCH_WEBHOOKS"] ?? 6_000);
const PACED = { count: 300, everyMs: 10 };
const BYSTANDERS = 999;

interface Measured {
  readonly perSecond: number[];
  readonly p50: number[];
  readonly p99: number[];
}

type Sender = "ours" | "handWritten";

const ENTRIES: Readonly<Record<Sender, string>> = { ours: "crmessenger-sender", handWritten: "hand-written-sender" };

/**
 * Webhooks from the commit of an event to the receiver, beside a hand-written sender on a table of its own: both sign,
 * keep what is to be sent in the transaction of the event, and note how it went.
 */
export async function benchWebhooks(): Promise<BenchResult> {
  return withPostgres(async (url) => {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    for (const name of ["baseline", "ours"]) await client.query(`create database ${name}`);
    await client.end();
    const sink = start("sink", []);
    const address = `http://127.0.0.1:${String(await answerOf(sink))}/`;
    const databases = { ours: url.replace(/bench$/, "ours"), handWritten: url.replace(/bench$/, "baseline") };
    const senders = {
      ours: start(ENTRIES.ours, [databases.ours, address]),
      handWritten: start(ENTRIES.handWritten, [databases.handWritten, address]),
    };
    try {
      for (const sender of Object.values(senders)) await answerOf(sender);
      return await compare(senders, sink);
    } finally {
      for (const child of [sink, ...Object.values(senders)]) await stop(child);
    }
  });
}

async function compare(senders: Readonly<Record<Sender, ChildProcess>>, sink: ChildProcess): Promise<BenchResult> {
  const measured = { ours: empty(), handWritten: empty() };
  for (let turn = 0; turn <= ROUNDS; turn += 1) {
    for (const name of turn % 2 === 0 ? (["ours", "handWritten"] as const) : (["handWritten", "ours"] as const))
      await measure(senders[name], sink, turn > 0 ? measured[name] : empty()); // the first turn warms up
  }
  await ask(senders.ours, { kind: "bystanders", count: BYSTANDERS });
  const crowded = empty();
  for (let turn = 0; turn <= ROUNDS; turn += 1) await measure(senders.ours, sink, turn > 0 ? crowded : empty());
  const { ours, handWritten } = measured;
  const row = (name: string, { perSecond, p50, p99 }: Measured) => [
    name,
    round(median(perSecond), 0),
    round(median(p50), 1),
    round(median(p99), 1),
  ];
  return {
    title: "Webhooks: deliveries a second, and milliseconds from commit to receiver",
    columns: ["", "per second", "p50", "p99"],
    rows: [
      row("CRMessenger", ours),
      row("hand-written", handWritten),
      row("CRMessenger, 1,000 subscriptions", crowded),
    ],
    ratios: {
      throughput: round(median(ours.perSecond.map((rate, turn) => rate / (handWritten.perSecond[turn] as number)))),
      "p50.commitToDelivery": round(median(ours.p50) / median(handWritten.p50)),
      "p99.commitToDelivery": round(median(ours.p99) / median(handWritten.p99)),
      "cost.1000subscriptions": round(median(ours.perSecond) / median(crowded.perSecond)),
    },
    raw: { ours, handWritten, crowded, burst: BURST, paced: PACED },
    targets: { throughput: "≥ 0.5", "cost.1000subscriptions": "≤ 2" },
  };
}

async function measure(sender: ChildProcess, sink: ChildProcess, into: Measured): Promise<void> {
  const burst = await run(sender, sink, { kind: "burst", count: BURST });
  const last = Math.max(...burst.arrivals.map(([, at]) => at));
  into.perSecond.push(BURST / ((last - burst.done.startedAt) / 1_000));
  const paced = await run(sender, sink, { kind: "paced", ...PACED });
  const arrivedAt = new Map(paced.arrivals);
  const waits = paced.done.committed
    .map(([id, at]) => (arrivedAt.get(id) ?? Number.NaN) - at)
    .toSorted((a, b) => a - b);
  into.p50.push(waits[Math.floor(waits.length * 0.5)] ?? 0);
  into.p99.push(waits[Math.floor(waits.length * 0.99)] ?? 0);
}

async function run(sender: ChildProcess, sink: ChildProcess, order: Exclude<Order, { kind: "bystanders" }>) {
  const [done, arrivals] = await Promise.all([ask(sender, order), ask(sink, order.count)]);
  return { done: done as Done, arrivals: arrivals as Arrivals };
}

const empty = (): Measured => ({ perSecond: [], p50: [], p99: [] });

function start(entry: string, args: readonly string[]): ChildProcess {
  return fork(fileURLToPath(new URL(`./${entry}.js`, import.meta.url)), [...args]);
}

function ask(child: ChildProcess, message: Order | number): Promise<unknown> {
  const answer = answerOf(child);
  child.send(message);
  return answer;
}

function answerOf(child: ChildProcess): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const onExit = () => reject(new Error(`${child.spawnargs[1]} ended before it answered.`));
    child.once("exit", onExit);
    child.once("message", (answer) => {
      child.off("exit", onExit);
      resolve(answer);
    });
  });
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "exit");
  child.kill("SIGKILL");
  await gone;
}
