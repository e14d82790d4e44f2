import type { Plugin } from "@crmessenger/kernel";
import { HttpServer, type Route } from "@crmessenger/kernel/http";
import { type TestKernel, type TestKernelOptions, createTestKernel } from "@crmessenger/testing";
import { http } from "../../src/index.ts";
import { deskPlugin } from "./desk.ts";
import { Doorman, doormanPlugin } from "./doorman.ts";
import { Ledger, filesPlugin, ledgerPlugin } from "./ledger.ts";

export interface AppOptions extends Partial<Omit<TestKernelOptions, "plugins">> {
  readonly http?: Parameters<typeof http>[0];
  readonly routes?: readonly Route[];
  readonly plugins?: readonly Plugin[];
  /** Without anybody who knows who calls. */
  readonly withoutDoorman?: boolean;
  readonly withoutStorage?: boolean;
}

export interface Call extends RequestInit {
  /** The caller's token; `null` for none. Default the owner's. */
  readonly as?: string | null;
  readonly json?: unknown;
}

export interface App extends AsyncDisposable {
  readonly kernel: TestKernel;
  readonly url: string;
  readonly ledger: Ledger;
  readonly doorman: Doorman;
  /** Requests a path. */
  call(method: string, path: string, call?: Call): Promise<Response>;
}

/** A kernel with the HTTP API on a free port. The plugin stands first: nothing may depend on the order of the list. */
export async function startApp(options: AppOptions = {}): Promise<App> {
  const { http: given, routes = [], plugins = [], withoutDoorman, withoutStorage, ...rest } = options;
  const ledger = new Ledger();
  const doorman = new Doorman();
  const others = [
    ledgerPlugin(ledger),
    ...(withoutStorage ? [] : [filesPlugin(ledger)]),
    ...(withoutDoorman ? [] : [doormanPlugin(doorman)]),
    deskPlugin(routes),
    ...plugins,
  ];
  const kernel = await createTestKernel({ ...rest, plugins: [http({ port: 0, ...given }), ...others] });
  const { url } = kernel.get(HttpServer);
  return {
    kernel,
    url,
    ledger,
    doorman,
    call: (method, path, { as = "owner", json, headers, ...call } = {}) =>
      fetch(url + path, {
        method,
        redirect: "manual",
        ...(json === undefined ? {} : { body: JSON.stringify(json) }),
        ...call,
        headers: {
          ...(as === null ? {} : { authorization: `Bearer ${as}` }),
          ...(json === undefined ? {} : { "content-type": "application/json" }),
          ...(headers as Record<string, string> | undefined),
        },
      }),
    [Symbol.asyncDispose]: () => kernel.stop(),
  };
}

/** The status and the code of a refusal, once it is sure that it is a proper problem document. */
export async function problemOf(
  response: Response,
): Promise<{ readonly status: number; readonly code: string; readonly [field: string]: unknown }> {
  const text = await response.text();
  const type = response.headers.get("content-type");
  if (!type?.startsWith("application/problem+json")) throw new Error(`${response.status} ${type}: ${text}`);
  const problem = JSON.parse(text) as { status: number; code: string; type: string; title: string; detail: string };
  if (problem.status !== response.status || !problem.title || !problem.detail || !problem.type.endsWith(problem.code)) {
    throw new Error(`A problem that isn't one: ${text}`);
  }
  return problem as never;
}
