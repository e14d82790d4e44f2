export { type WorkerOptions, inWorker } from "./in-worker.ts";
export { type RestartPolicy } from "./host/limits.ts";
