/** A line, or several, for whoever reads the output. */
export function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

export function sayJson(value: unknown): void {
  say(JSON.stringify(value, null, 2));
}

/** What went wrong, beside the output. */
export function complain(text: string): void {
  process.stderr.write(`${text}\n`);
}
