import type { AddressInfo } from "node:net";
import { WebSocketServer } from "ws";
import { Faults } from "./faults/faults.ts";
import { createMediaCertificate } from "./media/media-certificate.ts";
import { MediaHost } from "./media/media-host.ts";
import { CertificateAuthority } from "./noise/certificate-authority.ts";
import { createServerCredentials } from "./noise/server-credentials.ts";
import { PairingDesk } from "./pairing/pairing-desk.ts";
import { Population } from "./people/population.ts";
import { Random } from "./random.ts";
import { Connection, type Welcome } from "./server/connection.ts";
import { welcome } from "./server/welcome.ts";
import { holdConsoleQuiet } from "./signal/quiet-console.ts";
import type { WhatsAppSandbox, WhatsAppSandboxOptions } from "./whatsapp-sandbox.ts";

const PATH = "/ws/chat";

/** Starts a local WhatsApp server. Rejects when the address is not free. */
export async function startWhatsAppSandbox(options: WhatsAppSandboxOptions = {}): Promise<WhatsAppSandbox> {
  const { host = "127.0.0.1", port = 0, seed = 1, pairing = {} } = options;
  const sockets = await listen(host, port);
  const certificate = await createMediaCertificate(host);
  const mediaHost = await MediaHost.start(host, certificate);
  const releaseConsole = holdConsoleQuiet();

  const authority = new CertificateAuthority();
  const credentials = createServerCredentials(authority);
  const desk = new PairingDesk(pairing);
  const faults = new Faults(new Random(seed), (random) => population.dropOne(random));
  const population = new Population({ seed, mediaHost, faults, desk });
  const exchange = { directory: population.directory, mediaHost, faults };
  const onError = options.onError ?? ((error: unknown) => process.emitWarning(asError(error)));
  const server = {
    credentials,
    onError,
    welcome: (...[connection, client]: Parameters<Welcome>) => welcome(connection, client, { desk, exchange }),
  };
  sockets.on("connection", (socket) => new Connection(socket, server).open());

  const disconnectAll = (): void => {
    for (const socket of sockets.clients) socket.terminate();
  };
  const close = async (): Promise<void> => {
    faults.close();
    disconnectAll();
    await new Promise((resolve) => sockets.close(resolve));
    await mediaHost.close();
    population.close();
    releaseConsole();
  };
  return {
    server: {
      url: `ws://${host.includes(":") ? `[${host}]` : host}:${(sockets.address() as AddressInfo).port}${PATH}`,
      rootKey: Buffer.from(authority.rootKey).toString("base64"),
      mediaHost: mediaHost.hostname,
      mediaCertificate: certificate.certificate,
    },
    addAccount: (person) => population.addAccount(person),
    addCustomer: (person) => population.addCustomer(person),
    faults: { set: (settings) => faults.set(settings), clear: () => faults.clear() },
    disconnectAll,
    expireMedia: () => mediaHost.expireAll(),
    close,
    [Symbol.asyncDispose]: close,
  };
}

function listen(host: string, port: number): Promise<WebSocketServer> {
  return new Promise((resolve, reject) => {
    const server = new WebSocketServer({ host, port, path: PATH }, () => {
      server.off("error", reject);
      resolve(server);
    });
    server.once("error", reject);
  });
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
