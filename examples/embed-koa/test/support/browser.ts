export interface Page {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** A browser with its cookie. */
export class Browser {
  readonly #url: string;
  #cookie = "";

  constructor(url: string) {
    this.#url = url;
  }

  /** The token of the session, as a program would keep it. */
  get token(): string {
    return this.#cookie.replace(/^shop_session=/, "");
  }

  async call(method: string, path: string, json?: object): Promise<Page> {
    const response = await this.open(method, path, json);
    const text = await response.text();
    const isJson = response.headers.get("content-type")?.includes("json") ?? false;
    return { status: response.status, body: (isJson ? JSON.parse(text) : {}) as Page["body"] };
  }

  async open(method: string, path: string, json?: object): Promise<Response> {
    const response = await fetch(this.#url + path, {
      method,
      headers: { cookie: this.#cookie, ...(json ? { "content-type": "application/json" } : {}) },
      body: json ? JSON.stringify(json) : null,
    });
    const [set] = response.headers.getSetCookie();
    if (set !== undefined) this.#cookie = set.split(";", 1)[0] ?? "";
    return response;
  }
}
