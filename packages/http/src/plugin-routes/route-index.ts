import { CrmError, DEFAULT_TENANT, type ExecutionContext } from "@crmessenger/kernel";
import type { PluginRoute } from "@crmessenger/kernel/http";

/** A route with all that can be known about its requests beforehand. */
export interface BoundRoute {
  readonly route: PluginRoute;
  readonly maxBodyBytes: number;
  /** As its plugin; a request adds its correlation id. */
  readonly context: Omit<ExecutionContext, "correlationId">;
  readonly parameters: readonly string[];
}

export interface RouteMatch {
  readonly bound: BoundRoute;
  readonly params: Readonly<Record<string, string>>;
}

interface Node {
  readonly children: Map<string, Node>;
  parameter: Node | undefined;
  readonly bound: Map<string, BoundRoute>;
}

const DEFAULT_MAX_BODY_BYTES = 1024 * 1024;
const PATH = /^(\/(:[A-Za-z][A-Za-z0-9]*|[A-Za-z0-9._~-]+))+$/;
const RESERVED = ["api", "health", "ready"];
const NO_PARAMS: Readonly<Record<string, string>> = Object.freeze({});

/**
 * The routes of plugins by method and path: those without parameters in one map, the rest in a trie in which a
 * literal segment wins over a parameter. It is built once and asked with every request.
 */
export class RouteIndex {
  readonly #literal = new Map<string, Map<string, RouteMatch>>();
  readonly #root = emptyNode();

  constructor(routes: readonly PluginRoute[]) {
    for (const route of routes) this.#add(route);
  }

  find(method: string, path: string): RouteMatch | undefined {
    return this.#literal.get(path)?.get(method) ?? this.#descend(method, path);
  }

  /** The methods that the path has routes for. */
  methods(path: string): readonly string[] {
    const literal = [...(this.#literal.get(path)?.keys() ?? [])];
    const segments = path.split("/").slice(1);
    return [...new Set([...literal, ...nodesAt(this.#root, segments).flatMap((node) => [...node.bound.keys()])])];
  }

  #descend(method: string, path: string): RouteMatch | undefined {
    if (this.#root.children.size === 0 && !this.#root.parameter) return undefined;
    const values: string[] = [];
    const bound = descend(this.#root, path.split("/"), 1, method, values);
    if (!bound) return undefined;
    const params: Record<string, string> = {};
    for (const [index, name] of bound.parameters.entries()) params[name] = values[index] as string;
    return { bound, params };
  }

  #add(route: PluginRoute): void {
    checkPath(route);
    const bound = bind(route);
    const methods = bound.parameters.length === 0 ? this.#literalAt(route.path) : this.#nodeAt(route.path).bound;
    const other = methods.get(route.method);
    if (other) throw conflict(route, "bound" in other ? other.bound.route : other.route);
    if (bound.parameters.length === 0) this.#literalAt(route.path).set(route.method, { bound, params: NO_PARAMS });
    else this.#nodeAt(route.path).bound.set(route.method, bound);
  }

  #literalAt(path: string): Map<string, RouteMatch> {
    const known = this.#literal.get(path);
    if (known) return known;
    const made = new Map<string, RouteMatch>();
    this.#literal.set(path, made);
    return made;
  }

  #nodeAt(path: string): Node {
    let node = this.#root;
    for (const segment of path.split("/").slice(1)) {
      const next: Node | undefined = segment.startsWith(":") ? node.parameter : node.children.get(segment);
      const child = next ?? emptyNode();
      if (segment.startsWith(":")) node.parameter = child;
      else node.children.set(segment, child);
      node = child;
    }
    return node;
  }
}

function emptyNode(): Node {
  return { children: new Map(), parameter: undefined, bound: new Map() };
}

/** Fills `values` with the decoded parameters on the way to the route, if there is one. */
function descend(
  node: Node,
  segments: readonly string[],
  index: number,
  method: string,
  values: string[],
): BoundRoute | undefined {
  const segment = segments[index];
  if (segment === undefined) return node.bound.get(method);
  const child = node.children.get(segment);
  const found = child && descend(child, segments, index + 1, method, values);
  if (found || !node.parameter || segment === "") return found;
  const value = decode(segment);
  if (value === undefined) return undefined;
  values.push(value);
  const below = descend(node.parameter, segments, index + 1, method, values);
  if (!below) values.pop();
  return below;
}

function nodesAt(node: Node, segments: readonly string[]): Node[] {
  const [segment, ...rest] = segments;
  if (segment === undefined) return [node];
  const child = node.children.get(segment);
  const parameter = segment === "" || decode(segment) === undefined ? undefined : node.parameter;
  return [child, parameter].flatMap((next) => (next ? nodesAt(next, rest) : []));
}

function decode(segment: string): string | undefined {
  if (!segment.includes("%")) return segment;
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined; // malformed: there is no such path
  }
}

function bind(route: PluginRoute): BoundRoute {
  const actor = Object.freeze({ kind: "plugin" as const, id: route.plugin });
  const subject = Object.freeze({
    ...actor,
    tenantId: DEFAULT_TENANT,
    roles: [],
    teams: [],
    permissions: route.permissions,
  });
  return {
    route,
    maxBodyBytes: route.maxBodyBytes ?? DEFAULT_MAX_BODY_BYTES,
    context: Object.freeze({ tenantId: DEFAULT_TENANT, actor, subject, causationId: null, locale: "en" }),
    parameters: route.path.split("/").flatMap((segment) => (segment.startsWith(":") ? [segment.slice(1)] : [])),
  };
}

function checkPath({ path, method, plugin }: PluginRoute): void {
  const first = path.split("/")[1] ?? "";
  if (PATH.test(path) && !RESERVED.includes(first) && !first.startsWith(":")) return;
  throw new CrmError(
    "CRM_HTTP_ROUTE",
    `Plugin "${plugin}" brings the route ${method} ${path}. A path is made of segments such as /hooks/amocrm/:secret, and begins with none of ${RESERVED.map((name) => `/${name}`).join(", ")}.`,
    { details: { plugin, method, path } },
  );
}

function conflict(route: PluginRoute, other: PluginRoute): CrmError {
  return new CrmError(
    "CRM_HTTP_ROUTE_CONFLICT",
    `The plugins "${other.plugin}" and "${route.plugin}" both serve ${route.method} ${route.path}. Leave one of them out.`,
    { details: { plugins: [other.plugin, route.plugin], method: route.method, path: route.path } },
  );
}
