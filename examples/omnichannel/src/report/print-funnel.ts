/** A funnel as the API gives it out: a row for each step. */
export interface FunnelReport {
  readonly columns: readonly { readonly name: string; readonly label: string }[];
  readonly rows: readonly (readonly (string | number | null)[])[];
}

const WIDTH = 40;

/** The funnel in characters: a bar for each step, its count, and how many of the step before came so far. */
export function printFunnel({ columns, rows }: FunnelReport): string {
  const place = (name: string) => columns.findIndex((column) => column.name === name);
  const [step, count, conversion] = [place("step"), place("reached"), place("step-conversion")];
  const most = Math.max(1, ...rows.map((row) => Number(row[count])));
  return rows
    .map((row) => {
      const reached = Number(row[count]);
      const share = row[conversion];
      const bar = "█".repeat(Math.round((reached / most) * WIDTH)).padEnd(WIDTH);
      const of = typeof share === "number" ? `  ${Math.round(share * 100)} %` : "";
      return `  ${String(row[step]).padEnd(12)} ${bar} ${String(reached).padStart(5)}${of}`;
    })
    .join("\n");
}
