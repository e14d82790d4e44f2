import type { ApiClient } from "../play/api-client.ts";
import type { Probe } from "../play/probe.ts";

/** What the owner's figures say, and whether the tables that are written to say the same. */
export interface AnalyticsReport {
  readonly leads: number;
  readonly conversion: number;
  readonly first_response_seconds_p50: number;
  readonly matches_sql: boolean;
}

interface Figures {
  readonly leads: number;
  readonly conversion: number | null;
  readonly firstResponseMs: number | null;
}

/** Asks the application for its report, and the database for the same by SQL over leads, messages and their activities. */
export async function reportAnalytics(api: ApiClient, probe: Probe): Promise<AnalyticsReport> {
  const told = await toldFigures(api);
  const counted = await countedFigures(probe);
  return {
    leads: told.leads,
    conversion: told.conversion ?? 0,
    first_response_seconds_p50: Math.round(told.firstResponseMs ?? 0) / 1_000,
    matches_sql: JSON.stringify(told) === JSON.stringify(counted),
  };
}

async function toldFigures(api: ApiClient): Promise<Figures> {
  const { totals } = await api.post<{ totals: readonly (number | null)[] }>("/api/v1/reports/run", {
    metrics: ["leads", "conversion", "first-response-p50"],
  });
  const [leads, conversion, firstResponseMs] = totals;
  return figures(leads, conversion, firstResponseMs);
}

/** A message belongs to the lead that was open then, which its activity remembers: people who bought come back as new leads. */
const COUNTED = `
  with said as (
    select a.lead_id, m.ordinal, m.direction, m.sent_at,
      m.direction = 'outbound' and (m.author ->> 'kind' = 'user' or m.origin is not null) as answers,
      min(m.ordinal) filter (where m.direction = 'inbound') over (partition by a.lead_id, m.conversation_id) as first_inbound
    from activities a join messages m on m.id = (a.data ->> 'messageId')::uuid
    where a.kind = 'message' and a.lead_id is not null and m.deleted_at is null
  ), times as (
    select lead_id, min(sent_at) filter (where direction = 'inbound') as asked,
      min(sent_at) filter (where answers and ordinal > first_inbound) as answered
    from said group by lead_id
  )
  select (select count(*) from leads where deleted_at is null)::int as leads,
    (select count(*) filter (where status = 'converted')::float8 / nullif(count(*), 0) from leads where deleted_at is null) as conversion,
    (select percentile_cont(0.5) within group (order by greatest(0, extract(epoch from answered - asked) * 1000)) from times
      where answered is not null and asked is not null) as first_response_ms`;

async function countedFigures(probe: Probe): Promise<Figures> {
  const [row] = await probe.query(COUNTED);
  return figures(row?.["leads"], row?.["conversion"], row?.["first_response_ms"]);
}

function figures(leads: unknown, conversion: unknown, firstResponseMs: unknown): Figures {
  const rounded = (value: unknown, digits: number) =>
    value === null || value === undefined ? null : Number(Number(value).toFixed(digits));
  return { leads: Number(leads), conversion: rounded(conversion, 6), firstResponseMs: rounded(firstResponseMs, 3) };
}
