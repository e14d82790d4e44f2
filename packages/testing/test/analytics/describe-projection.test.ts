import { describeProjection } from "../../src/index.ts";
import { history, visits } from "./visits.ts";

describeProjection({ name: "visits", projection: visits, history });
