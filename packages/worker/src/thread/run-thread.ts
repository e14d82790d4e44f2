import type { MessagePort } from "node:worker_threads";
import { guestContexts } from "../rpc/context-wire.ts";
import { isMessage } from "../rpc/messages.ts";
import { Peer } from "../rpc/peer.ts";
import { waitingPort } from "../rpc/waiting.ts";
import { kernelModules } from "../rpc/kernel-modules.ts";
import { Definitions } from "../rpc/definitions.ts";
import { forwardingLogger } from "./forwarding-logger.ts";
import { importModule } from "../rpc/import-module.ts";
import { type Blueprint, type Manifest, type Phase } from "./manifest.ts";
import { PluginHost } from "./plugin-host.ts";

export interface ThreadData {
  readonly plugin: string;
  readonly answers: MessagePort;
  readonly flag: Int32Array;
}

/** Runs in a worker: waits for the kernel to say which plugin to boot. */
export function runThread(port: MessagePort, { plugin, answers, flag }: ThreadData): void {
  const definitions = new Definitions(kernelModules);
  const peer: Peer = new Peer({
    plugin,
    contexts: guestContexts(),
    definitions,
    post: (message, transfer) => port.postMessage(message, transfer as ArrayBuffer[]),
    awaitAnswer: waitingPort(answers, flag),
    offered: (name) => (name === "main" ? main : host?.provided(name)),
    report: (error) => forwardingLogger(peer).error(`A call that nobody waited for failed: ${String(error)}`),
  });
  let host: PluginHost | undefined;
  const main = {
    async boot(blueprint: Blueprint): Promise<Manifest> {
      const module = await importModule(blueprint.module);
      definitions.add(module);
      definitions.sendSchemasExceptOf(blueprint.known);
      host = new PluginHost(peer, blueprint, module);
      return host.boot();
    },
    /** What was handed over so far is valid for ever. */
    seal: () => peer.handles.pin(),
    run: (phase: Phase) => host?.run(phase),
    ping: () => {},
  };
  port.on("message", (message: unknown) => {
    if (isMessage(message)) peer.receive(message);
  });
}
