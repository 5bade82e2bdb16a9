// Asks Prisma's own loader what a prisma.config.* says; the answer, with its secrets, goes to stdout as JSON.
// node read-config.mjs <real path of prisma's package.json> <project root> [names of environment variables ...]
import { createRequire } from 'node:module'

const [, , prismaPackage, root, ...names] = process.argv
const { loadConfigFromFile } = createRequire(prismaPackage)('@prisma/config')

// Configs print: dotenv 17 announces itself on stdout.
const write = process.stdout.write.bind(process.stdout)
process.stdout.write = process.stderr.write.bind(process.stderr)

// A path is wanted even where no database is named, so a missing variable gets a stand-in and is reported.
const missing = []
let loaded
for (;;) {
  loaded = await loadConfigFromFile({ configRoot: root })
  const message = String(loaded.error?.error?.message ?? '')
  // 7.10 and 6.19 in this order.
  const name = /(?:Cannot resolve|Missing required) environment variable: (\w+)/.exec(message)?.[1]
  if (!name || missing.includes(name)) break
  missing.push(name)
  process.env[name] = `postgresql://safemigrate-missing/${name}`
}

const config = loaded.config ?? {}
const answer = {
  path: loaded.resolvedPath,
  error: loaded.error ? String(loaded.error.error?.message ?? loaded.error._tag) : null,
  schema: config.schema ?? null,
  migrations: config.migrations?.path ?? null,
  url: config.datasource?.url ?? null,
  directUrl: config.datasource?.directUrl ?? null,
  shadowDatabaseUrl: config.datasource?.shadowDatabaseUrl ?? null,
  engine: config.engine ?? null,
  missing,
  variables: Object.fromEntries(names.filter((name) => name in process.env).map((name) => [name, process.env[name]])),
  // What changes the outcome of a diff, to be said again in a config of our own.
  carried: {
    tables: config.tables,
    enums: config.enums,
    experimental: config.experimental,
    initShadowDb: config.migrations?.initShadowDb,
  },
}
// On a line of its own: a program the config starts may print too.
write(`\n${JSON.stringify(answer)}`, () => process.exit(0))
