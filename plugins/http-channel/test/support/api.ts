import { definePlugin } from "@crmessenger/kernel";
import { HttpServer } from "@crmessenger/kernel/http";
import { type AccessSubject, Authenticator } from "@crmessenger/kernel/iam";
import type { TestKernel } from "@crmessenger/testing";

const subject: AccessSubject = {
  kind: "plugin",
  id: "doorman",
  tenantId: "default",
  roles: [],
  teams: [],
  permissions: ["*"],
};
const notNeeded = () => Promise.reject(new Error("These tests sign nobody in."));

/** Lets in everybody who comes with a token. */
export const doorman = definePlugin({
  id: "doorman",
  version: "1.0.0",
  provides: { authenticator: Authenticator },
  boot: () => ({
    provide: {
      authenticator: {
        authenticate: async () => subject,
        signIn: notNeeded,
        signOut: notNeeded,
        setPassword: notNeeded,
        createApiKey: notNeeded,
        revokeApiKey: notNeeded,
      },
    },
  }),
});

export interface ApiAnswer {
  readonly status: number;
  readonly text: string;
  readonly body: { readonly [field: string]: unknown };
}

/** Calls the application's REST API. */
export async function callApi(kernel: TestKernel, method: string, path: string, json?: object): Promise<ApiAnswer> {
  const response = await fetch(`${kernel.get(HttpServer).url}/api/v1${path}`, {
    method,
    headers: { authorization: "Bearer token", ...(json ? { "content-type": "application/json" } : {}) },
    body: json ? JSON.stringify(json) : null,
  });
  const text = await response.text();
  return { status: response.status, text, body: JSON.parse(text) as ApiAnswer["body"] };
}
