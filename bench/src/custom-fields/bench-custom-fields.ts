import { customFields } from "@crmessenger/custom-fields";
import { type Kernel, createKernel } from "@crmessenger/kernel";
import {
  CustomFieldManager,
  type FieldDefinition,
  type FieldType,
  fieldDefaults,
} from "@crmessenger/kernel/extensibility";
import { AttributeIndexes, type Criteria, and, where } from "@crmessenger/kernel/infrastructure";
import { type Lead, LeadRepository } from "@crmessenger/kernel/sales";
import { mikroOrm } from "@crmessenger/mikro-orm";
import { sales } from "@crmessenger/sales";
import { type BenchResult, median } from "../bench.ts";
import { withPostgres } from "../postgres.ts";
import { round } from "../publish.ts";
import { MANAGERS, STATUSES, fillLeads } from "./fill-leads.ts";

/** Fewer leads for a quick look: `BENCH_LEADS=100000 npm run bench -- custom-fields`. */
const LEADS = Number(process.env["BENCH_LEADS"] ?? 1_000_000);
const FIELDS = 200;
const ROUNDS = 60;

/** The same filter twice: over columns of leads that have indexes, and over custom fields that hold the same values. */
const FILTERS: Readonly<Record<"system" | "custom", (status: string, manager: string) => Criteria>> = {
  system: (status, manager) => and(where<Lead>("status").eq(status), where<Lead>("ownerId").eq(manager)),
  custom: (status, manager) =>
    and(where<Lead>("attributes.stage").eq(status), where<Lead>("attributes.manager").eq(manager)),
};

type Side = keyof typeof FILTERS;

/** Filters over two indexed custom fields beside the same ones over columns, in turns, with 200 fields on every lead. */
export async function benchCustomFields(): Promise<BenchResult> {
  return withPostgres(async (databaseUrl) => {
    const environment = { CRMESSENGER_SECRET_KEY: Buffer.alloc(32, 1).toString("base64") };
    await using kernel = await createKernel({
      plugins: [mikroOrm({ databaseUrl }), sales(), customFields()],
      environment,
    });
    const fillers = await kernel.run(() => defineFields(kernel));
    await kernel.run(() => fillLeads(kernel, LEADS, fillers));
    const built = performance.now();
    await kernel.run(() => makeIndexes(kernel));
    const indexSeconds = round((performance.now() - built) / 1_000);
    const pages = await kernel.run(() => compare((criteria) => page(kernel, criteria)));
    const counts = await kernel.run(() => compare((criteria) => kernel.get(LeadRepository).count(criteria)));
    return {
      title: `Filters over ${LEADS} leads with ${FIELDS} custom fields each, milliseconds`,
      columns: ["", "custom fields", "columns", "ratio"],
      rows: [
        ["a page of 50", round(median(pages.custom), 2), round(median(pages.system), 2), ratioOf(pages)],
        ["how many", round(median(counts.custom), 2), round(median(counts.system), 2), ratioOf(counts)],
      ],
      ratios: { page: ratioOf(pages), count: ratioOf(counts) },
      raw: { leads: LEADS, indexSeconds, pages, counts },
      targets: { page: "≤ 2" },
    };
  });
}

async function page(kernel: Kernel, criteria: Criteria): Promise<number> {
  const { items } = await kernel.get(LeadRepository).find(criteria, { limit: 50 });
  return items.length;
}

/** Both sides ask for the same, in turns, and must find the same. */
async function compare(ask: (criteria: Criteria) => Promise<number>): Promise<Record<Side, number[]>> {
  const times: Record<Side, number[]> = { system: [], custom: [] };
  for (let turn = -10; turn < ROUNDS; turn += 1) {
    const [status, manager] = [
      STATUSES[(turn + 40) % STATUSES.length] ?? "",
      `manager ${(turn * 17 + 400) % MANAGERS}`,
    ];
    const found = new Set<number>();
    for (const side of turn % 2 === 0 ? (["system", "custom"] as const) : (["custom", "system"] as const)) {
      const started = performance.now();
      found.add(await ask(FILTERS[side](status, manager)));
      if (turn >= 0) times[side].push(performance.now() - started);
    }
    if (found.size !== 1 || found.has(0)) throw new Error(`The sides found ${[...found].join(" and ")} leads.`);
  }
  return times;
}

function ratioOf({ system, custom }: Record<Side, readonly number[]>): number {
  return round(median(custom.map((time, turn) => time / (system[turn] ?? 1))), 2);
}

const TYPES: readonly FieldType[] = [{ kind: "text" }, { kind: "number" }, { kind: "date" }, { kind: "boolean" }];

/** 200 fields, of which two are going to have indexes; answers the names of the others. */
async function defineFields(kernel: Kernel): Promise<readonly string[]> {
  const manager = kernel.get(CustomFieldManager);
  const fillers = Array.from({ length: FIELDS - 2 }, (_, index) => `field${index}`);
  for (const [index, name] of fillers.entries())
    await manager.attachField("lead", definition(name, TYPES[index % TYPES.length] ?? { kind: "text" }));
  for (const name of ["stage", "manager"]) await manager.attachField("lead", definition(name, { kind: "text" }));
  return fillers;
}

async function makeIndexes(kernel: Kernel): Promise<void> {
  for (const field of ["stage", "manager"])
    await kernel.get(AttributeIndexes).ensure({ entity: "lead", field, kind: "text" });
}

function definition(name: string, type: FieldType): FieldDefinition {
  return { ...fieldDefaults, name, label: name, type };
}
