import { parseArgs } from "node:util";

/** What `npm start -- …` was asked for. */
export interface Options {
  readonly once: boolean;
  readonly conversations: string | undefined;
  readonly rate: number | undefined;
  readonly database: string | undefined;
  readonly data: string | undefined;
  readonly port: number | undefined;
  readonly report: string | undefined;
  readonly faults: boolean;
  readonly minutes: number | undefined;
}

export const USAGE = `npm start -- [options]

  --once                exit when every conversation is settled
  --conversations FILE  JSON lines to play instead of the conversations of this example
  --rate N              messages a second (default: as fast as it goes)
  --database URL        PostgreSQL 15 or newer instead of the embedded database
  --data DIR            keep the embedded database and files here (default: a temporary folder,
                        with --database: data/omnichannel)
  --port N              where the HTTP API listens (default: a free port)
  --report FILE         write the report here as JSON, and the funnel beside it as SVG
  --faults              let providers fail: disconnects, duplicates, flood waits, refusals, lost answers
  --help`;

/** A mistake in the command line or in a file it names: said without a stack, and the program ends with status 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

export function parseOptions(args: readonly string[]): Options | "help" {
  const values = parse(args);
  if (values["help"] === true) return "help";
  return {
    once: values["once"] === true,
    conversations: text(values["conversations"]),
    rate: positive("--rate", values["rate"]),
    database: databaseUrl(text(values["database"])),
    data: text(values["data"]),
    port: port(values["port"]),
    report: text(values["report"]),
    faults: values["faults"] === true,
    minutes: positive("--minutes", values["minutes"]),
  };
}

function parse(args: readonly string[]) {
  const string = { type: "string" } as const;
  const boolean = { type: "boolean" } as const;
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        once: boolean,
        conversations: string,
        rate: string,
        database: string,
        data: string,
        port: string,
        report: string,
        faults: boolean,
        minutes: string,
        help: boolean,
      },
    });
    return values as Record<string, string | boolean | undefined>;
  } catch (error) {
    throw new UsageError(`${(error as Error).message}\n\n${USAGE}`);
  }
}

function text(value: string | boolean | undefined): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function positive(name: string, value: string | boolean | undefined): number | undefined {
  if (value === undefined) return undefined;
  const number = Number(value);
  if (Number.isFinite(number) && number > 0) return number;
  throw new UsageError(`${name} takes a number above 0, not "${String(value)}".`);
}

function port(value: string | boolean | undefined): number | undefined {
  if (value === undefined) return undefined;
  const number = Number(value);
  if (Number.isInteger(number) && number > 0 && number < 65_536) return number;
  throw new UsageError(`--port takes a port from 1 to 65535, not "${String(value)}".`);
}

function databaseUrl(value: string | undefined): string | undefined {
  if (value === undefined || /^postgres(ql)?:\/\//.test(value)) return value;
  throw new UsageError("--database takes an address such as postgresql://user:password@host:5432/name.");
}
