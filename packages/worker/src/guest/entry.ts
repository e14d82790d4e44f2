import { runGuest } from "./run-guest.ts";

runGuest();
