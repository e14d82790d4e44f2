import type { BinaryNode } from "@whiskeysockets/baileys";
import type { ClientHandshake } from "../noise/responder.ts";
import type { PairingDesk } from "../pairing/pairing-desk.ts";
import { PairingSession } from "../pairing/pairing-session.ts";
import { readRegistration } from "../pairing/registration.ts";
import type { Connection } from "./connection.ts";
import { DeviceSession, type Exchange } from "./device-session.ts";
import type { StanzaHandler } from "./stanza-handler.ts";

/** Receives a client after its handshake: an unknown one may be linked, a linked one logs in, anyone else is refused. */
export function welcome(
  connection: Connection,
  client: ClientHandshake,
  { desk, exchange }: { desk: PairingDesk; exchange: Exchange },
): StanzaHandler | undefined {
  if (client.payload.devicePairingData) {
    const session = new PairingSession(connection, readRegistration(client.noiseKey, client.payload), desk);
    session.start();
    return session;
  }
  return logIn(connection, client, exchange);
}

function logIn(connection: Connection, client: ClientHandshake, exchange: Exchange): StanzaHandler | undefined {
  const { username, device: number } = client.payload;
  const account = exchange.directory.findAccount(String(username));
  const device = account?.device(number ?? 0);
  if (!account || !device?.noiseKey.equals(client.noiseKey)) {
    connection.end({ tag: "failure", attrs: { reason: "401", location: "frc" } });
    return undefined;
  }
  if (exchange.faults.refusesLogin()) {
    connection.end({ tag: "stream:error", attrs: { code: "503" } });
    return undefined;
  }
  device.attach(connection);
  connection.send(success(device.lidAddress));
  return new DeviceSession(connection, account, device, exchange);
}

function success(lid: string): BinaryNode {
  const t = String(Math.floor(Date.now() / 1000));
  return { tag: "success", attrs: { t, lid, creation: t, location: "frc" } };
}
