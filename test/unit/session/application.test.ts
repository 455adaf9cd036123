import { mkdir, readdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { resolve } from '../../../scripts/model/resolve.ts'
import { loadApplication, loadEnvironment } from '../../../scripts/session/application.ts'
import { loadProblem } from '../../../scripts/session/data-file-problem.ts'
import { kiosk } from '../../fixtures/kiosk.ts'
import { temporaryFolder } from '../../helpers/folders.ts'
import { root } from '../../helpers/generating.ts'
import { problemOf } from '../../helpers/problems.ts'

test("the data files are those of the user's folder", async () => {
  const { environments } = await loadApplication({ userFolder: root })
  const [first = ''] = Object.keys(environments)
  expect((await loadEnvironment({ userFolder: root })).environment).toBe(first)
  const userFolder = await temporaryFolder()
  expect(await problemOf(loadEnvironment({ userFolder }))).toMatchObject({
    code: 'CATALOGUE_UNREADABLE',
    where: 'scripts/environments.ts',
    message: expect.stringContaining(`is not in ${userFolder}.`),
  })
})

test('a folder that is called as a data file is none', async () => {
  const userFolder = await temporaryFolder()
  await mkdir(join(userFolder, 'scripts/environments.ts'), { recursive: true })
  expect((await problemOf(loadEnvironment({ userFolder }))).message).toContain('is not in')
  const below = await temporaryFolder()
  await writeFile(join(below, 'scripts'), 'x')
  expect((await problemOf(loadEnvironment({ userFolder: below }))).message).toContain('is not in')
})

test('a folder of data files that can not be entered is reported as that, and not as one without them', async () => {
  const userFolder = await temporaryFolder()
  await symlink('scripts', join(userFolder, 'scripts'))
  expect(await problemOf(loadEnvironment({ userFolder }))).toMatchObject({
    code: 'FILE_UNREADABLE',
    where: 'scripts/environments.ts',
    message: "can't be read: its links lead in a circle (ELOOP). Expected a file this user may read.",
  })
})

test('a data file that may not be read is reported as that, and not as a mistake in it', () => {
  const data = { userFolder: '/shop', file: '/shop/scripts/catalogue.ts', name: 'catalogue' } as const
  const refused = (path: string) =>
    loadProblem(Object.assign(new Error('EACCES: permission denied'), { code: 'EACCES', syscall: 'open', path }), data)
  expect(refused(data.file)).toMatchObject({
    code: 'FILE_UNREADABLE',
    where: 'scripts/catalogue.ts',
    fix: expect.stringContaining('permissions'),
  })
  expect(refused('/etc/shadow').code).toBe('CATALOGUE_UNREADABLE')
})

const environments = 'export default { live: { description: "x" } }\n'
const catalogue = "import environments from './environments.ts'\nexport default { application: 'x', environments }\n"

/** A user's folder with these data files. */
async function folderOf(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await temporaryFolder()
  await mkdir(join(folder, 'scripts'))
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text)
  return folder
}

test.each([
  ['no package.json', {}],
  ['a package.json without a type', { 'package.json': '{}' }],
  ['CommonJS', { 'package.json': '{ "type": "commonjs" }' }],
  ['a module', { 'package.json': '{ "type": "module" }' }],
])('data files in TypeScript are loaded in a folder with %s, once', async (_title, files) => {
  const texts = { 'scripts/environments.ts': environments, 'scripts/catalogue.ts': catalogue }
  const loaded = await loadApplication({ userFolder: await folderOf({ ...files, ...texts }) })
  expect(loaded).toEqual({
    environments: { live: { description: 'x' } },
    catalogue: { application: 'x', environments: { live: { description: 'x' } } },
  })
})

test('what is made of data files is kept with the tools, for all copies with the same texts', async () => {
  const cache = await temporaryFolder()
  const texts = { 'scripts/environments.ts': environments, 'scripts/catalogue.ts': catalogue }
  const load = async () => loadApplication({ userFolder: await folderOf(texts), env: { TIERED_SECRETS_CACHE: cache } })
  const first = await load()
  const kept = await readdir(join(cache, 'data-files'))
  expect([await load(), await readdir(join(cache, 'data-files'))]).toEqual([first, kept])
  expect(kept).toHaveLength(2)
})

test('a mistake of another environment is told in a line, and in no problem', async () => {
  const broken = { ...kiosk.environments, production: { ...kiosk.environments.production, refreshInterval: 'often' } }
  const userFolder = await folderOf({
    'scripts/catalogue.mjs': `export default ${JSON.stringify(kiosk.catalogue)}`,
    'scripts/environments.mjs': `export default ${JSON.stringify(broken)}`,
  })
  const lines: string[] = []
  const load = (name: string) => loadEnvironment({ userFolder, log: (line) => lines.push(line) }, name)
  expect(await load('staging')).toEqual(resolve(kiosk, 'staging'))
  expect(lines).toEqual(['passed over: the errors of environment "production", which `npm run check` shows'])
  expect(await problemOf(load('production'))).toMatchObject({ code: 'REFRESH_INTERVAL_INVALID' })
  expect(await problemOf(load('live'))).toMatchObject({ code: 'ENVIRONMENT_UNKNOWN' })
  expect(lines).toHaveLength(1)
})

test.each([
  ['a syntax error', 'export default {', 'catalogue.ts', /can't be loaded: .+/],
  [
    'an error of its own',
    "throw new Error('no such thing')",
    'catalogue.ts',
    /can't be loaded: no such thing, in line 1\./,
  ],
  ['no error at all', 'throw undefined', 'catalogue.ts', /can't be loaded: undefined\./],
  [
    'an error in a line of its own',
    "interface A { a: 1 }\n\nthrow new Error('first\\nsecond\\n')",
    'catalogue.ts',
    /can't be loaded: first second, in line 3\./,
  ],
  [
    'an import of nothing',
    "import './nowhere.ts'",
    'catalogue.ts',
    /imports \.?\/?(scripts\/)?nowhere\.ts, which is not there\./,
  ],
  [
    'an import of no package',
    "import 'no-such-package'",
    'catalogue.ts',
    /imports no-such-package, which is not there\./,
  ],
  ['no export', '// Nothing yet', 'catalogue.ts', /has no default export\./],
])('the file is named that can not be loaded for %s', async (_title, text, file, message) => {
  const texts = { 'scripts/environments.ts': environments, [`scripts/${file}`]: text }
  const problem = await problemOf(loadApplication({ userFolder: await folderOf(texts) }))
  expect(problem).toMatchObject({ code: 'CATALOGUE_UNREADABLE', where: `scripts/${file}` })
  expect(problem.message).toMatch(message)
  const both = { 'scripts/environments.ts': text, 'scripts/catalogue.ts': catalogue }
  expect(await problemOf(loadApplication({ userFolder: await folderOf(both) }))).toMatchObject({
    where: 'scripts/environments.ts',
  })
})

test('two files that could both be meant are refused', async () => {
  const texts = { 'scripts/environments.ts': environments, 'scripts/environments.mjs': environments }
  expect(await problemOf(loadApplication({ userFolder: await folderOf(texts) }))).toMatchObject({
    code: 'CATALOGUE_TWICE',
    message: 'is there, and scripts/environments.mjs too. Expected one of them.',
  })
})
