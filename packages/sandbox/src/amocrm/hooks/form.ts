/** A value of a form body: PHP's bracket notation for objects and lists. */
export type FormValue =
  | string
  | number
  | boolean
  | null
  | undefined
  | readonly FormValue[]
  | { readonly [key: string]: FormValue };

/** Encodes as PHP's `http_build_query` does: `a[b][0]=c`, keys and values percent-encoded, spaces as plus signs. */
export function encodeForm(body: { readonly [key: string]: FormValue }): string {
  const pairs: string[] = [];
  for (const [key, value] of Object.entries(body)) append(pairs, encode(key), value);
  return pairs.join("&");
}

function append(pairs: string[], key: string, value: FormValue): void {
  if (value === undefined) return;
  if (value === null) {
    pairs.push(`${key}=`);
  } else if (typeof value === "object") {
    for (const [part, inner] of Object.entries(value)) append(pairs, `${key}%5B${encode(part)}%5D`, inner as FormValue);
  } else {
    pairs.push(`${key}=${encode(typeof value === "boolean" ? (value ? "1" : "0") : String(value))}`);
  }
}

function encode(text: string): string {
  return encodeURIComponent(text.toWellFormed())
    .replaceAll(/[!'()*~]/gu, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll("%20", "+");
}
