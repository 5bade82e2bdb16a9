#!/usr/bin/env node
// Starts safemigrate, a Python program, wherever it is; arguments, input, signals and exit code pass through.
"use strict";

const { spawn } = require("node:child_process");
const { accessSync, constants } = require("node:fs");
const os = require("node:os");
const path = require("node:path");
const { version } = require("./package.json");

const WINDOWS = process.platform === "win32";
const FOLDER = WINDOWS ? "Scripts" : "bin";
const CANNOT = 2; // of safemigrate's exit codes: could not do the job
// Yarn puts a launcher of this file on PATH, under its name: who started it is passed by when it looks again.
const TRIED = "SAFEMIGRATE_NPM_TRIED";
const tried = (process.env[TRIED] || "").split(path.delimiter).filter(Boolean);

function found(name, folders) {
  for (const folder of folders) {
    const file = path.join(folder, WINDOWS ? `${name}.exe` : name);
    try {
      accessSync(file, constants.X_OK);
      return file;
    } catch {
      continue; // not there
    }
  }
  return undefined;
}

const onPath = (process.env.PATH || "")
  .split(path.delimiter)
  .filter((folder) => folder && !/[\\/]node_modules[\\/]\.bin[\\/]?$/.test(folder) && !tried.includes(folder));

function environments() {
  const folders = process.env.VIRTUAL_ENV ? [process.env.VIRTUAL_ENV] : [];
  for (let folder = process.cwd(); ; folder = path.dirname(folder)) {
    folders.push(path.join(folder, ".venv"), path.join(folder, "venv"));
    if (folder === path.dirname(folder)) return folders.map((each) => path.join(each, FOLDER));
  }
}

function command() {
  const chosen = process.env.SAFEMIGRATE_BIN;
  if (chosen && !tried.includes(path.dirname(chosen))) return [chosen];
  const own = found("safemigrate", [...environments(), ...onPath]);
  if (own) return [own];
  const uvx = found("uvx", onPath);
  if (uvx) return [uvx, `safemigrate@${version}`];
  const pipx = found("pipx", onPath);
  return pipx ? [pipx, "run", `safemigrate==${version}`] : undefined;
}

function fail(summary, ...more) {
  console.error([`✖ ${summary}`, ...more.map((line) => `  ${line}`)].join("\n"));
  process.exit(CANNOT);
}

const start = command();
if (!start) {
  fail(
    "safemigrate is not installed here",
    "It is a Python program, and there is neither a safemigrate on PATH or in a .venv, nor uv or pipx to fetch it with.",
    `→ curl -LsSf https://astral.sh/uv/install.sh | sh   # uv; then this command works as it is`,
    `→ pipx install safemigrate==${version}`,
    "→ SAFEMIGRATE_BIN=/path/to/safemigrate   # where it is somewhere else",
  );
}

const child = spawn(start[0], [...start.slice(1), ...process.argv.slice(2)], {
  stdio: "inherit",
  env: { ...process.env, [TRIED]: [...tried, path.dirname(start[0])].join(path.delimiter) },
});
child.on("error", (error) => fail(`${start[0]} cannot be started`, error.message));
child.on("exit", (code, signal) => process.exit(code ?? 128 + os.constants.signals[signal]));

// A terminal sends Ctrl-C to both of us; a second one would stop safemigrate from cleaning up.
const terminal = [process.stdin, process.stdout, process.stderr].some((stream) => stream.isTTY);
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  process.on(signal, () => {
    if (signal !== "SIGINT" || !terminal) child.kill(signal);
  });
}
