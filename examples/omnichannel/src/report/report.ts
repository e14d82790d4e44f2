import { createRequire } from "node:module";
import type { Probe } from "../play/probe.ts";
import type { ApiClient } from "../play/api-client.ts";
import type { Subscribed } from "../play/subscribe-webhooks.ts";
import type { SaidThread, Tally } from "../play/tally.ts";
import type { World } from "../world/start-world.ts";
import type { AmoCrmSandbox } from "@crmessenger/sandbox/amocrm";
import { createHash } from "node:crypto";
import { reportEntities } from "./compare-entities.ts";
import { type Comparison, compareSequence, fingerprint } from "./compare-sequence.ts";
import { type AnalyticsReport, reportAnalytics } from "./analytics-report.ts";
import { percentile } from "./percentile.ts";
import { type WebhooksReport, reportWebhooks } from "./webhooks-report.ts";

/** What can be seen from outside when all is settled. */
export interface Report {
  readonly conversations: number;
  readonly inbound: {
    readonly sent: number;
    readonly stored: number;
    readonly missing: number;
    readonly duplicates: number;
  };
  readonly outbound: {
    readonly requested: number;
    readonly delivered: number;
    readonly read: number;
    readonly missing: number;
    readonly duplicates: number;
  };
  readonly contacts: number;
  readonly leads: number;
  readonly amocrm: {
    readonly contacts: number;
    readonly leads: number;
    readonly messages: number;
    /** Messages, contacts and leads together. */
    readonly missing: number;
    readonly duplicates: number;
  };
  readonly webhooks: WebhooksReport;
  readonly analytics: AnalyticsReport;
  readonly order_violations: number;
  readonly seconds: number;
  readonly messages_per_second: number;
  readonly latency_ms: {
    readonly inbound_p50: number;
    readonly inbound_p99: number;
    readonly outbound_p50: number;
    readonly outbound_p99: number;
  };
  readonly peak_rss_mb: number;
  readonly versions: Readonly<Record<string, string>>;
}

/** One chat as all observers hold it. */
interface Observation {
  readonly thread: SaidThread;
  readonly phone: readonly string[];
  readonly database: readonly StoredMessage[];
  readonly amocrm: readonly string[];
}

interface StoredMessage {
  readonly fingerprint: string;
  readonly status: string;
}

export async function writeReport(parts: {
  readonly tally: Tally;
  readonly probe: Probe;
  readonly api: ApiClient;
  readonly world: Pick<World, "amo" | "webhookReceiver">;
  readonly subscribed: Subscribed | undefined;
  readonly peakRssMb: number;
}): Promise<Report> {
  const { tally, probe, api, subscribed, peakRssMb } = parts;
  const { amo, webhookReceiver } = parts.world;
  const observations = await Promise.all(tally.threads.map((thread) => observe(thread, probe, amo)));
  const database = sum(
    observations.map(({ thread, database: stored }) =>
      compareDirection(
        thread,
        stored.map((message) => message.fingerprint),
        "in",
      ),
    ),
  );
  const phone = sum(observations.map((observation) => compareDirection(observation.thread, observation.phone, "out")));
  const crm = sum(observations.map(({ thread, amocrm }) => compareSequence(thread.expected, amocrm)));
  const orders = observations.flatMap(({ thread, phone: held, database: stored, amocrm }) =>
    [held, stored.map((message) => message.fingerprint), amocrm].map((actual) =>
      compareSequence(thread.expected, actual),
    ),
  );
  const accounts = [...new Set(tally.threads.map(({ accountId }) => accountId))];
  const entities = await reportEntities(probe, amo, accounts);
  const inboundStored = count(
    observations,
    (observation) => observation.database.filter((message) => message.fingerprint.startsWith("in|")).length,
  );
  const delivered = count(
    observations,
    (observation) => observation.phone.filter((key) => key.startsWith("out|")).length,
  );
  const seconds = Math.max(0.001, (tally.lastAt - tally.startedAt) / 1000);
  return {
    conversations: tally.conversations,
    inbound: { sent: tally.sent, stored: inboundStored, missing: database.missing, duplicates: database.duplicates },
    outbound: {
      requested: tally.requested,
      delivered,
      read: count(
        observations,
        (observation) =>
          observation.database.filter((message) => message.fingerprint.startsWith("out|") && message.status === "read")
            .length,
      ),
      missing: phone.missing,
      duplicates: phone.duplicates,
    },
    contacts: entities.contacts,
    leads: entities.leads,
    amocrm: {
      ...entities.amocrm,
      messages: count(observations, ({ amocrm }) => amocrm.length),
      missing: crm.missing + entities.comparison.missing,
      duplicates: crm.duplicates + entities.comparison.duplicates,
    },
    webhooks: await reportWebhooks(probe, webhookReceiver, subscribed),
    analytics: await reportAnalytics(api, probe),
    order_violations: sum(orders).orderViolations,
    seconds: round(seconds),
    messages_per_second: round(tally.done / seconds),
    latency_ms: {
      inbound_p50: percentile(tally.inboundLatencies, 0.5),
      inbound_p99: percentile(tally.inboundLatencies, 0.99),
      outbound_p50: percentile(tally.outboundLatencies, 0.5),
      outbound_p99: percentile(tally.outboundLatencies, 0.99),
    },
    peak_rss_mb: round(peakRssMb),
    versions: versions(),
  };
}

/** Whether nothing is missing, doubled or out of order, and the figures are right. */
export function isFaultless({ inbound, outbound, amocrm, webhooks, analytics, ...report }: Report): boolean {
  return (
    [inbound, outbound, amocrm, webhooks].every(({ missing, duplicates }) => missing === 0 && duplicates === 0) &&
    analytics.matches_sql &&
    report.order_violations === 0
  );
}

async function observe(thread: SaidThread, probe: Probe, amo: AmoCrmSandbox): Promise<Observation> {
  const rows =
    thread.conversationId === ""
      ? []
      : await probe.query("select direction, parts, status from messages where conversation_id = $1 order by ordinal", [
          thread.conversationId,
        ]);
  const messages =
    thread.conversationId === ""
      ? []
      : amo.messages(thread.conversationId).toSorted((a, b) => a.writtenAt - b.writtenAt || a.sequence - b.sequence);
  return {
    thread,
    phone: thread.phone.fingerprints(),
    database: rows.map((row) => ({ fingerprint: storedFingerprint(row), status: String(row["status"]) })),
    amocrm: messages.map(({ direction, text, media }) =>
      fingerprint(direction, text, media?.content && createHash("sha256").update(media.content).digest("hex")),
    ),
  };
}

function storedFingerprint(row: Record<string, unknown>): string {
  const parts = (typeof row["parts"] === "string" ? JSON.parse(row["parts"]) : row["parts"]) as readonly {
    type: string;
    text?: string;
    file?: { sha256: string };
  }[];
  const text = parts.find(({ type }) => type === "text")?.text ?? "";
  return fingerprint(
    row["direction"] === "inbound" ? "in" : "out",
    text,
    parts.find(({ type }) => type === "media")?.file?.sha256,
  );
}

function compareDirection(thread: SaidThread, actual: readonly string[], direction: "in" | "out"): Comparison {
  const only = (keys: readonly string[]) => keys.filter((key) => key.startsWith(`${direction}|`));
  return compareSequence(only(thread.expected), only(actual));
}

function sum(comparisons: readonly Comparison[]): Comparison {
  return comparisons.reduce(
    (total, { missing, duplicates, orderViolations }) => ({
      missing: total.missing + missing,
      duplicates: total.duplicates + duplicates,
      orderViolations: total.orderViolations + orderViolations,
    }),
    { missing: 0, duplicates: 0, orderViolations: 0 },
  );
}

function count(observations: readonly Observation[], of: (observation: Observation) => number): number {
  return observations.reduce((total, observation) => total + of(observation), 0);
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function versions(): Record<string, string> {
  const require = createRequire(import.meta.url);
  const packages = [
    "kernel",
    "mikro-orm",
    "communication",
    "telegram",
    "whatsapp",
    "amocrm",
    "custom-fields",
    "webhooks",
    "analytics",
  ].map((name) => {
    const { version } = require(`@crmessenger/${name}/package.json`) as { version: string };
    return [`@crmessenger/${name}`, version] as const;
  });
  return { node: process.version, ...Object.fromEntries(packages) };
}
