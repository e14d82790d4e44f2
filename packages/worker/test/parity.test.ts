import { inWorker } from "../src/index.ts";
import { describePlacement } from "./describe-placement.ts";

const module = new URL("./fixtures/everything.ts", import.meta.url);

describePlacement("in the kernel's process", (plugin) => plugin);
describePlacement("in a worker", (plugin) => inWorker(plugin, { module }));
