import { parentPort, workerData } from "node:worker_threads";
import { type ThreadData, runThread } from "./run-thread.ts";

if (parentPort) runThread(parentPort, workerData as ThreadData);
