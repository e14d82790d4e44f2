import { type Socket, connect, createServer } from "node:net";
import { onTestFinished } from "vitest";

/** A line to a database server that can be cut. */
export interface FlakyProxy {
  readonly url: string;
  /** Cuts every connection there is. */
  cut(): void;
  /**
   * Cuts the next connection that sends this text: `before` the server gets it, or `after`, so that the server does
   * what it says and nobody hears the answer.
   */
  cutAt(text: string, when: "before" | "after"): Promise<void>;
}

/** A proxy to the server of this URL, for the running test. */
export async function startFlakyProxy(databaseUrl: string): Promise<FlakyProxy> {
  const target = new URL(databaseUrl);
  const pairs = new Set<readonly [Socket, Socket]>();
  let trap: { readonly text: string; readonly when: "before" | "after"; readonly sprung: () => void } | undefined;
  const server = createServer((client) => {
    const upstream = connect(Number(target.port), target.hostname);
    const pair = [client, upstream] as const;
    pairs.add(pair);
    const end = () => {
      pairs.delete(pair);
      client.destroy();
      upstream.end();
    };
    client.on("data", (chunk) => {
      const sprung = trap && chunk.includes(trap.text) ? trap : undefined;
      if (sprung) trap = undefined;
      if (sprung?.when !== "before") upstream.write(chunk);
      if (!sprung) return;
      // Its answer is what shows that the server is done.
      if (sprung.when === "after") upstream.removeAllListeners("data").once("data", end);
      else end();
      sprung.sprung();
    });
    upstream.on("data", (chunk) => client.write(chunk));
    for (const socket of pair) socket.on("error", () => {}).on("close", end);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    for (const pair of pairs) for (const socket of pair) socket.destroy();
    server.close();
  });
  const url = new URL(databaseUrl);
  url.port = String((server.address() as { port: number }).port);
  return {
    url: url.href,
    cut() {
      for (const [client, upstream] of pairs) {
        client.destroy();
        upstream.destroy();
      }
    },
    cutAt: (text, when) => new Promise((sprung) => (trap = { text, when, sprung })),
  };
}
