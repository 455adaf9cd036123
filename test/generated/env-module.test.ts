import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { build } from 'esbuild'
import { expect, test } from 'vitest'
import { envModule } from '../../scripts/generate/env-module/index.ts'
import { tryRun } from '../../scripts/lib/exec.ts'
import { plainFormatNames } from '../../scripts/model/formats.ts'
import type { SecretSpec } from '../../scripts/model/types.ts'
import { bookshop, trackdechets } from '../fixtures/applications.ts'
import { applicationWith } from '../helpers/applications.ts'
import { root } from '../helpers/generating.ts'
import { userFolder } from '../helpers/repository.ts'
import { sharedFolder } from '../helpers/shared-folder.ts'

/** What the strictest of applications asks of its sources. */
const strictest = {
  ...{ target: 'es2022', lib: ['es2022'], module: 'nodenext', types: [], noEmit: true, strict: true },
  ...{ erasableSyntaxOnly: true, isolatedDeclarations: true, declaration: true, verbatimModuleSyntax: true },
  ...{ exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true, noPropertyAccessFromIndexSignature: true },
  ...{ noUnusedLocals: true, noUnusedParameters: true, noImplicitReturns: true, isolatedModules: true },
}

const formats = [...plainFormatNames(), 'exactly 8 bytes', 'exactly 8 characters', 'at least 8 characters']
const everyFormat = applicationWith({
  secrets: formats.flatMap((format, index) =>
    [false, true].map((optional) => ({ variable: `V${index}_${optional}`, format, optional }) as Partial<SecretSpec>),
  ),
})

/** A program with the types that it gets. */
const program = `import { readEnvironment, type Environment } from './trackdechets-backend.ts'
const environment: Environment = readEnvironment()
const isOff: boolean = environment.TD_COMPANY_ELASTICSEARCH_IGNORE_SSL
const address: string = environment.DATABASE_URL
const dsn: string | undefined = environment.SENTRY_DSN
// @ts-expect-error it may be missing
const always: string = environment.SENTRY_DSN
// @ts-expect-error it belongs to another tier
environment.API_ENDPOINT
export const all: readonly unknown[] = [isOff, address, dsn, always]
`

test('every module compiles in the strictest of applications, with types that are erased alone', async () => {
  const folder = await sharedFolder()
  const applications = { trackdechets, bookshop, every: everyFormat, empty: applicationWith() }
  await mkdir(join(folder, 'src'))
  for (const [name, application] of Object.entries(applications)) {
    for (const tier of Object.keys(application.catalogue.tiers)) {
      await writeFile(join(folder, `src/${name}-${tier}.ts`), envModule(application, { tier }, 'typescript'))
    }
  }
  await writeFile(join(folder, 'src/program.ts'), program)
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }')
  const compilerOptions = { ...strictest, allowImportingTsExtensions: true }
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['src'] }))
  const tsc = join(root, 'node_modules/.bin/tsc')
  expect(await tryRun(tsc, ['-p', folder, '--singleThreaded'], { cwd: folder })).toMatchObject({
    stdout: '',
    exitCode: 0,
  })
})

test('a small program starts with its variables, and else tells all that is wrong and no value', async () => {
  const folder = await sharedFolder()
  await writeFile(join(folder, 'environment.ts'), envModule(trackdechets, { tier: 'frontend' }, 'typescript'))
  await writeFile(
    join(folder, 'main.ts'),
    `import { readEnvironment } from './environment.ts'
try {
  console.log(JSON.stringify(readEnvironment()))
} catch (error) {
  console.error((error as Error).message)
  process.exitCode = 1
}
`,
  )
  const outfile = join(folder, 'main.mjs')
  await build({ entryPoints: [join(folder, 'main.ts')], outfile, bundle: true, format: 'esm', target: 'node20' })
  const start = (env: Record<string, string>) => tryRun(process.execPath, [outfile], { cwd: folder, env })
  expect(await start({ API_ENDPOINT: 'https://api.example/' })).toEqual({
    exitCode: 0,
    stdout: '{"API_ENDPOINT":"https://api.example/"}',
    stderr: '',
  })
  expect(await start({ API_ENDPOINT: 'hunter2', SENTRY_DSN: 'hunter2' })).toEqual({
    exitCode: 1,
    stdout: '',
    stderr: `The environment of this program is not complete:
  API_ENDPOINT: is malformed. Expected a URL that begins with http:// or https:// and names a host.
  SENTRY_DSN: is malformed. Expected an http(s) URL with a public key before the host and a project id at its end: https://<key>@<host>/<id>.`,
  })
})

test('a module with a place in the catalogue is written, compared, and never put over a file of somebody', async () => {
  const repository = await userFolder()
  const place = (path: string) =>
    repository.edit(
      'scripts/catalogue.ts',
      /description: 'The user interface in the browser',( envModule: '.*',)?/,
      `description: 'The user interface in the browser', envModule: '${path}',`,
    )
  await place('src/environment.ts')
  expect((await repository.cli(['gen-values'])).stderr).toContain('created src/environment.ts')
  const printed = await repository.cli(['env-module', '--tier', 'frontend'])
  expect(`${printed.stdout}\n`).toBe(await repository.read('src/environment.ts'))
  expect((await repository.cli(['gen-values', '--check'])).exitCode).toBe(0)

  const unknown = await repository.cli(['env-module', '--tier', 'frontend', '--workload', 'uj'])
  expect(unknown).toMatchObject({ exitCode: 2, stdout: '' })
  expect(unknown.stderr).toMatch(/^--workload uj: tier "frontend" has no such workload\. Did you mean "ui"\? Expected/)
  const ofWorkload = await repository.cli(['env-module', '--tier', 'frontend', '--workload', 'ui'])
  expect(ofWorkload).toEqual(printed)

  await repository.edit('scripts/catalogue.ts', 'API endpoint the UI calls', 'Where the API is')
  const stale = await repository.cli(['gen-values', '--check'])
  expect(stale).toMatchObject({ exitCode: 3, stderr: expect.stringContaining('src/environment.ts: differs from') })
  expect((await repository.cli(['gen-values'])).stderr).toContain('updated src/environment.ts')

  await repository.write('src/mine.ts', 'export const mine = 1\n')
  await place('src/mine.ts')
  const refused = await repository.cli(['gen-values'])
  expect(refused).toMatchObject({ exitCode: 3, stderr: expect.stringContaining('(NOT_GENERATED)') })
  expect(await repository.read('src/mine.ts')).toBe('export const mine = 1\n')

  await place('src/environment.json')
  expect((await repository.cli(['gen-values'])).exitCode).toBe(0)
  expect(JSON.parse(await repository.read('src/environment.json'))).toMatchObject({ required: ['API_ENDPOINT'] })
})
