import { type MessagePort, receiveMessageOnPort } from "node:worker_threads";
import { CrmError } from "@crmessenger/kernel";
import type { AnswerMessage } from "./messages.ts";

const PATIENCE_MS = 30_000;

/** The end of the thread that answers: a message, and then the sign that it is there. */
export function answeringPort(port: MessagePort): { flag: Int32Array; answer(message: AnswerMessage): void } {
  const flag = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  port.unref();
  return {
    flag,
    answer(message) {
      port.postMessage(message);
      Atomics.add(flag, 0, 1);
      Atomics.notify(flag, 0);
    },
  };
}

/** The end of the thread that stands still until its question is answered. */
export function waitingPort(port: MessagePort, flag: Int32Array): (id: number) => AnswerMessage {
  port.unref();
  return (id) => {
    for (;;) {
      const seen = Atomics.load(flag, 0);
      const received = receiveMessageOnPort(port) as { message: AnswerMessage } | undefined;
      if (received?.message.id === id) return received.message;
      if (!received && Atomics.wait(flag, 0, seen, PATIENCE_MS) === "timed-out")
        throw new CrmError("CRM_WORKER_DEADLINE", `The kernel did not answer within ${PATIENCE_MS} ms.`, {
          status: 504,
        });
    }
  };
}
