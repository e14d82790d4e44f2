/** More repetitions of open length would take time with a higher power of the text's length. */
const MAX_REPETITIONS = 3;

/**
 * What is wrong with a pattern, or undefined. Owners write patterns and everybody's text is matched against them, so
 * that one which can take exponential time is refused: a repeated group that repeats or chooses inside.
 */
export function problemOfPattern(pattern: string): string | undefined {
  if (!compiles(pattern)) return "is no regular expression";
  const plain = withoutLiterals(pattern);
  if (/\\[1-9k]|\(\?<?[=!]/.test(plain)) return "must do without references and look-around";
  const groups: { risky: boolean }[] = [{ risky: false }];
  let repetitions = 0;
  /** The group that ended just before. */
  let last: { risky: boolean } | undefined;
  for (const [token] of plain.matchAll(/\(\?:|\(\?<\w+>|[()|]|[*+?]\??|\{\d+(,\d*)?\}\??|[^()|*+?{]/g)) {
    const group = groups.at(-1);
    if (token.startsWith("(")) groups.push({ risky: false });
    else if (token === ")") {
      const closed = groups.pop();
      const outer = groups.at(-1);
      if (closed?.risky && outer) outer.risky = true;
      last = closed;
      continue;
    } else if (/^[|?]/.test(token) && group) group.risky = true;
    else if (/^[*+{]/.test(token)) {
      if (last?.risky) return "repeats a group that repeats or chooses inside";
      if (group) group.risky = true;
      if (/^[*+]|,/.test(token)) repetitions += 1;
    }
    last = undefined;
  }
  return repetitions > MAX_REPETITIONS ? `has more than ${MAX_REPETITIONS} repetitions of open length` : undefined;
}

function compiles(pattern: string): boolean {
  try {
    return new RegExp(pattern, "u").unicode;
  } catch {
    return false;
  }
}

/** Escapes and classes as one letter each, but for escapes that mean something here. */
function withoutLiterals(pattern: string): string {
  return pattern.replaceAll(/\\(p\{[^}]*\}|u\{[^}]*\}|[^1-9k])/giu, "x").replaceAll(/\[(\\.|[^\]])*\]/gu, "x");
}
