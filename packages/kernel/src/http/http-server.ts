import { contract } from "../contract.ts";

/** The HTTP server of the application, for whoever must tell others where it is. */
export interface HttpServer {
  /** Known once it listens, such as `http://127.0.0.1:3000`; before, it is `CRM_HTTP_NOT_LISTENING`. */
  readonly url: string;
  readonly port: number;
}

export const HttpServer = contract<HttpServer>("http.http-server", 1, { url: "read", port: "read" });
