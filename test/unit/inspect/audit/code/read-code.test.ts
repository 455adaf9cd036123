import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { readCode, readFolders } from '../../../../../scripts/inspect/audit/code/read-code.ts'
import { temporaryFolder } from '../../../../helpers/folders.ts'

async function folderWith(files: Record<string, string | Uint8Array>): Promise<string> {
  const folder = await temporaryFolder()
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  return folder
}

test('a repository with packages: aliases, packages by their name, functions of other files, several languages', async () => {
  const folder = await folderWith({
    'tsconfig.json': '{ /* paths */ "compilerOptions": { "paths": { "@lib/*": ["./packages/lib/src/*"], } } }',
    'packages/lib/package.json': '{ "name": "@shop/lib" }',
    'packages/lib/src/index.ts': `export const need = (name: string) => process.env[name]`,
    'packages/lib/src/schema.ts': 'export const S = z.object({ A: z.string(), B: z.string().optional() })',
    'packages/lib/src/source.ts': 'export const settings = process.env',
    'apps/web/main.ts': `import { need } from '@shop/lib'; need('C')`,
    'apps/web/check.ts': `import { S } from '@lib/schema'; S.parse(process.env)`,
    'apps/web/also.ts': `import { S } from '@lib/schema.js'; S.parse(process.env)`,
    'apps/web/more.ts': `import { settings } from '../../packages/lib/src/source'; settings.D`,
    'apps/jobs/job.py': 'os.environ["E"]',
  })
  const { reads, dynamic, files } = await readCode(folder)
  expect(reads.map(({ name, file, how }) => `${file} ${name} ${how}`)).toEqual([
    'apps/jobs/job.py E hint',
    'apps/web/main.ts C call',
    'apps/web/more.ts D member',
    'packages/lib/src/schema.ts A schema',
    'packages/lib/src/schema.ts B schema',
  ])
  expect([dynamic, files]).toEqual([[], 10])
})

test('words that may be names of variables are kept wherever they stand, but in what lists all of them', async () => {
  const folder = await folderWith({
    'database.js': "module.exports = ({ env }) => ({ password: env('DATABASE_PASSWORD') })",
    'settings.py': "key: str = Field(alias='STRIPE_SECRET')",
    'main.go': 'mustEnv("SIGNING_KEY"); x := "TZ"',
    'scripts/catalogue.ts': "defineCatalogue(environments, { secrets: [{ variable: 'OLD_TOKEN' }] })",
    'environment.ts': "// Generated from scripts/catalogue.ts. Do not edit.\nrequired('OTHER_TOKEN')",
  })
  const { words } = await readCode(folder)
  expect([...words].sort()).toEqual(['DATABASE_PASSWORD', 'SIGNING_KEY', 'STRIPE_SECRET'])
})

test('of several folders one calls what another has, and each keeps its own reads', async () => {
  const folder = await folderWith({
    'packages/lib/package.json': '{ "name": "@shop/lib" }',
    'packages/lib/src/index.ts': `export * from './need.ts'`,
    'packages/lib/src/need.ts': 'export const need = (name: string) => process.env[name]',
    'apps/web/main.ts': `import { need } from '@shop/lib'; need('A')`,
    'apps/api/main.ts': `import { need } from '@shop/lib'; need('B'); process.env.C`,
  })
  const readings = await readFolders(
    ['apps/web', 'apps/api', 'packages'].map((path) => join(folder, path)),
    folder,
  )
  expect(readings.map(({ reads }) => reads.map(({ name }) => name))).toEqual([['A'], ['B', 'C'], []])
  expect(readings.map(({ files }) => files)).toEqual([1, 1, 3])
})

test('tests, what others wrote, what is built and types are passed over', async () => {
  const text = 'process.env.A'
  const folder = await folderWith({
    'node_modules/x/index.js': text,
    'dist/index.js': text,
    '.next/server.js': text,
    'src/a.test.ts': text,
    'src/__tests__/a.ts': text,
    'src/a.d.ts': text,
    'src/a.min.js': text,
    'src/a.ts': 'process.env.B',
  })
  expect((await readCode(folder)).reads.map(({ name }) => name)).toEqual(['B'])
})

test('what can not be read is named, and the rest still judged', async () => {
  const folder = await folderWith({
    'a.ts': 'process.env.A',
    'binary.ts': new Uint8Array([0, 1, 2]),
    'broken.ts': 'const { = process.env.B',
    'large.js': `process.env.C //${'x'.repeat(3 * 1024 * 1024)}`,
    'locked.ts': 'process.env.D',
  })
  symlinkSync('/etc/hostname', join(folder, 'link.ts'))
  const isRoot = process.getuid?.() === 0
  if (!isRoot) chmodSync(join(folder, 'locked.ts'), 0)
  const { reads, refusals } = await readCode(folder)
  expect(reads.map(({ name }) => name)).toEqual(isRoot ? ['A', 'D'] : ['A'])
  const named = refusals.map(({ code, where, message }) => `${code} ${where} ${message}`.split(/[.:] /)[0]).sort()
  expect(named).toEqual([
    'CODE_UNPARSED broken.ts does not parse, so some of it is missing',
    'INPUT_BINARY binary.ts has bytes that no text has',
    'INPUT_TOO_LARGE large.js has 4 MiB',
    'INPUT_UNREADABLE link.ts is a link out of the folder, which is not followed',
    ...(isRoot ? [] : ["INPUT_UNREADABLE locked.ts can't be read (EACCES)"]),
  ])
})
