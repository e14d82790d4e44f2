/** A path template, split: a segment that starts with `:` stands for any value. */
interface Route<Handler> {
  readonly segments: readonly string[];
  readonly methods: Map<string, Handler>;
}

/** What a path and a method lead to. */
export type Found<Handler> =
  | { readonly kind: "found"; readonly handler: Handler; readonly params: Readonly<Record<string, string>> }
  | { readonly kind: "wrong-method" }
  | { readonly kind: "missing" };

/** Finds handlers by method and path template. Earlier templates win, so literal ones go first. */
export class Router<Handler> {
  readonly #routes = new Map<number, Route<Handler>[]>();

  /** Registers a handler for a template such as `leads/:id/links`. */
  add(method: string, template: string, handler: Handler): this {
    const segments = template.split("/");
    const routes = this.#routes.get(segments.length) ?? [];
    this.#routes.set(segments.length, routes);
    const same = routes.find((route) => route.segments.join("/") === template);
    if (same === undefined) routes.push({ segments, methods: new Map([[method, handler]]) });
    else same.methods.set(method, handler);
    return this;
  }

  /** Finds the handler for a path without its leading slash. */
  find(method: string, path: string): Found<Handler> {
    const parts = path.split("/");
    let wrongMethod = false;
    for (const route of this.#routes.get(parts.length) ?? []) {
      const params = match(route.segments, parts);
      if (params === undefined) continue;
      const handler = route.methods.get(method);
      if (handler !== undefined) return { kind: "found", handler, params };
      wrongMethod = true;
    }
    return { kind: wrongMethod ? "wrong-method" : "missing" };
  }
}

function match(segments: readonly string[], parts: readonly string[]): Record<string, string> | undefined {
  const params: Record<string, string> = {};
  for (const [index, segment] of segments.entries()) {
    const part = parts[index] ?? "";
    if (!segment.startsWith(":")) {
      if (segment !== part) return undefined;
      continue;
    }
    const value = decoded(part);
    if (value === undefined) return undefined;
    params[segment.slice(1)] = value;
  }
  return params;
}

/** A path segment without its percent signs; nothing when they are wrong. */
function decoded(part: string): string | undefined {
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined;
  }
}
