import type { AppReady } from "./app/app-process.ts";
import type { Options } from "./options.ts";
import type { Tally } from "./play/tally.ts";
import { type FunnelReport, printFunnel } from "./report/print-funnel.ts";
import type { Report } from "./report/report.ts";
import type { Session } from "./session.ts";

const EVERY_MS = 1_000;

/** What the terminal shows. On a terminal the progress stays on one line; in a log it is a line a second. */
export class Display {
  #shownAt = 0;
  #open = false;

  line(text: string): void {
    this.endProgress();
    console.log(text);
  }

  started(ready: AppReady, session: Session, { database }: Options): void {
    const { telegram, whatsapp, amo } = session.world;
    this.line("CRMessenger");
    this.line(`  HTTP API    ${session.url}  (health: /health, OpenAPI: /api/v1/openapi.json)`);
    this.line(
      `  database    ${database === undefined ? "embedded PostgreSQL (PGlite)" : "PostgreSQL"}, ready after ${ready.readyMs} ms`,
    );
    this.line(`  Telegram    local data centre on port ${telegram.dataCentre.port}`);
    this.line(`  WhatsApp    local server at ${whatsapp.server.url}`);
    this.line(`  amoCRM      local server at ${amo.url}`);
    if (ready.password !== undefined)
      this.line(`  owner       ${ready.ownerEmail}, password ${ready.password} (shown this once)`);
  }

  progress({ done, sent, requested, startedAt }: Tally, total: number): void {
    const now = Date.now();
    if (now - this.#shownAt < EVERY_MS && done < total) return;
    this.#shownAt = now;
    const rate = (done / Math.max(1, now - startedAt)) * 1000;
    const text = `  ${done} of ${total} messages everywhere (${sent} from customers, ${requested} from managers), ${rate.toFixed(1)} a second`;
    if (!process.stdout.isTTY) return console.log(text);
    process.stdout.write(`\r\u001b[2K${text}`);
    this.#open = true;
  }

  endProgress(): void {
    if (this.#open) process.stdout.write("\n");
    this.#open = false;
  }

  summary({ inbound, outbound, amocrm, contacts, leads }: Report): void {
    const text = `  ${contacts} contacts, ${leads} leads, ${inbound.stored} in, ${outbound.delivered} out (${outbound.read} read), ${amocrm.messages} in amoCRM`;
    if (!process.stdout.isTTY) return;
    process.stdout.write(`\r\u001b[2K${text}`);
    this.#open = true;
  }

  funnel(figures: FunnelReport): void {
    this.line("Leads, from the first message to the sale:");
    this.line(printFunnel(figures));
  }

  report(report: Report): void {
    this.line(JSON.stringify(report, null, 2));
  }
}
