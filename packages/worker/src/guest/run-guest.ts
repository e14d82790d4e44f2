import { Worker } from "node:worker_threads";
import { guestContexts } from "../rpc/context-wire.ts";
import { Definitions } from "../rpc/definitions.ts";
import { plainError } from "../rpc/error-wire.ts";
import { readFrame, writeFrame } from "../rpc/frames.ts";
import { importModule } from "../rpc/import-module.ts";
import { kernelModules } from "../rpc/kernel-modules.ts";
import { type AnswerMessage, FROM_GUEST_FD, WAITING_FD, isMessage } from "../rpc/messages.ts";
import { Peer } from "../rpc/peer.ts";
import { forwardingLogger } from "./forwarding-logger.ts";
import type { Blueprint, Manifest, Phase } from "./manifest.ts";
import { PluginHost } from "./plugin-host.ts";

/** Runs in the worker process: waits for the kernel to say which plugin to boot. */
export function runGuest(): void {
  endWithParent();
  const definitions = new Definitions(kernelModules);
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
  const peer: Peer = new Peer({
    plugin: process.title,
    contexts: guestContexts(),
    definitions,
    post: (message) => writeFrame(FROM_GUEST_FD, message),
    awaitAnswer: () => readFrame(WAITING_FD) as AnswerMessage,
    offered: (name) => (name === "main" ? main : host?.provided(name)),
    report: (error) => forwardingLogger(peer).error(`A call that nobody waited for failed: ${String(error)}`),
  });
  process.on("uncaughtExceptionMonitor", (error) =>
    writeFrame(FROM_GUEST_FD, { type: "fatal", error: plainError(error) }),
  );
  process.on("message", (message: unknown) => {
    if (isMessage(message)) peer.receive(message);
  });
  process.on("disconnect", () => process.exit());
}

const WATCH_PARENT = `
  const parent = process.ppid;
  setInterval(() => { if (process.ppid !== parent) process.kill(process.pid, "SIGKILL"); }, 1_000);
`;

/** A plugin that never lets its process rest would outlive a kernel that was killed: a thread of its own sees to that. */
function endWithParent(): void {
  new Worker(WATCH_PARENT, { eval: true, env: {} }).unref();
}
