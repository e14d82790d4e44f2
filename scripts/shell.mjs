import { spawn } from "node:child_process";
import { once } from "node:events";
import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** One bash that keeps its folder and variables from block to block, as a person's does. */
export function startShell(folder, env) {
  const scripts = mkdtempSync(join(tmpdir(), "crmessenger-shell-"));
  const bash = spawn("bash", ["--noprofile", "--norc"], {
    cwd: folder,
    env,
    stdio: ["pipe", "pipe", "pipe"],
    detached: true,
  });
  let output = "";
  let current = folder;
  let wake = () => {};
  const more = (chunk) => {
    output += chunk;
    wake();
  };
  for (const stream of [bash.stdout, bash.stderr]) stream.setEncoding("utf8").on("data", more);
  const ended = once(bash, "exit").then(() => {
    wake();
  });
  return {
    /** Where the shell is after the last block. */
    folder: () => current,
    /** Types a block in; answers its status and all it printed. Each line is checked as `set -e` does. */
    async run(code, patienceMs) {
      const mark = randomUUID();
      const script = join(scripts, `${mark}.sh`);
      writeFileSync(script, code);
      const from = output.length;
      bash.stdin.write(
        `set -eo pipefail; trap 'printf "\\n%s 1 %s\\n" ${mark} "$PWD"' EXIT; source ${script} </dev/null; trap - EXIT; set +e; printf "\\n%s 0 %s\\n" ${mark} "$PWD"\n`,
      );
      const pattern = new RegExp(`\\n${mark} (\\d) (.*)\\n`);
      const late = AbortSignal.timeout(patienceMs);
      late.addEventListener("abort", () => wake());
      for (;;) {
        const found = pattern.exec(output.slice(from));
        if (found) {
          current = found[2];
          return { status: Number(found[1]), output: output.slice(from, from + found.index) };
        }
        if (late.aborted || bash.exitCode !== null) return { status: "unknown", output: output.slice(from) };
        await new Promise((done) => {
          wake = done;
        });
      }
    },
    async stop() {
      rmSync(scripts, { recursive: true, force: true });
      if (bash.exitCode !== null || bash.signalCode !== null) return;
      process.kill(-bash.pid, "SIGKILL");
      await ended;
    },
  };
}
