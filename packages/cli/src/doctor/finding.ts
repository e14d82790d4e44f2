/** What the doctor found out about one thing. */
export interface Finding {
  /** `problem`: the application does not run like this; `advice`: it does, and something is worth a look. */
  readonly verdict: "well" | "advice" | "problem";
  /** What was looked at, such as `contracts`. */
  readonly about: string;
  /** A sentence that says what to do, where there is something to do. */
  readonly text: string;
}

export function well(about: string, text: string): Finding {
  return { verdict: "well", about, text };
}

export function advice(about: string, text: string): Finding {
  return { verdict: "advice", about, text };
}

export function problem(about: string, text: string): Finding {
  return { verdict: "problem", about, text };
}
