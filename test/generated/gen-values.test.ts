import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, beforeEach, expect, test } from 'vitest'
import { repositoryFile } from '../helpers/generating.ts'
import { type Repository, repositoryCopy } from '../helpers/repository.ts'

let repository: Repository
const values = 'values/recette.yaml'
const catalogue = 'scripts/catalogue.ts'
const originals = new Map<string, string>()

beforeAll(async () => {
  repository = await repositoryCopy()
  await genValues()
  for (const path of [values, catalogue, 'scripts/environments.ts', 'docs/catalogue.md']) {
    originals.set(path, await repository.read(path))
  }
})

beforeEach(async () => {
  for (const [path, text] of originals) await repository.write(path, text)
})

const genValues = (...args: string[]) => repository.cli(['gen-values', ...args])
const noStack = (stderr: string) => expect(stderr).not.toMatch(/^ {4}at |bug of tiered-secrets/m)

test('with --check and nothing stale, it says so and exits with 0', async () => {
  expect(await genValues('--check')).toEqual({
    exitCode: 0,
    stdout: '',
    stderr: '17 generated files are up to date.',
  })
})

test('a tier that is there twice is reported before it is lost, and nothing is written', async () => {
  await repository.edit(
    'scripts/catalogue.ts',
    /\n {2}tiers: \{\n/,
    "\n  tiers: {\n    backend: { description: 'x', workloads: {} },\n",
  )
  const { exitCode, stderr } = await genValues()
  expect(stderr).toMatch(/^scripts\/catalogue\.ts:\d+: an object has "backend" twice, .*\n.*\n {2}\(DUPLICATE_KEY\)$/)
  expect(exitCode).toBe(3)
})

test('with --check and a values file edited by hand, it prints a diff, exits with 3 and writes nothing', async () => {
  await repository.edit(values, 'path:/trackdechets-backend/mongo-url', 'path:/trackdechets-frontend/mongo-url')
  const edited = await repository.read(values)
  const { exitCode, stdout, stderr } = await genValues('--check')
  expect(exitCode).toBe(3)
  expect(stdout).toContain(`--- a/${values}\n+++ b/${values}\n`)
  expect(stdout).toContain(
    '\n-        MONGO_URL: path:/trackdechets-frontend/mongo-url\n+        MONGO_URL: path:/trackdechets-backend/mongo-url\n',
  )
  expect(stderr).toBe(
    `${values}: differs from what the catalogue implies. Expected the text the generator makes.\n  fix: Run \`npm run gen-values\` and commit the result. A hand edit belongs in the catalogue.\n  (STALE)`,
  )
  expect(await repository.read(values)).toBe(edited)
})

test('without --check it puts the stale file right, touches no other, and is done after one run', async () => {
  await repository.edit(values, 'fr-par', 'nl-ams')
  const untouched = join(repository.folder, 'values/production.yaml')
  const { ino, mtimeMs } = await stat(untouched)
  expect(await genValues()).toEqual({
    exitCode: 0,
    stdout: '',
    stderr: `updated ${values}\n17 generated files, 1 changed.`,
  })
  expect(await repository.read(values)).toBe(originals.get(values))
  const after = await stat(untouched)
  expect([after.ino, after.mtimeMs]).toEqual([ino, mtimeMs])
  expect((await genValues()).stderr).toBe('17 generated files, 0 changed.')
})

test('the values of an environment that is gone are found and removed; what somebody wrote by hand stays', async () => {
  await repository.write(
    'values/old.yaml',
    (originals.get(values) ?? '').replace('environment: recette', 'environment: old'),
  )
  await repository.write('values/mine.yaml', '# mine\n')
  const check = await genValues('--check')
  expect(check.exitCode).toBe(3)
  expect(check.stderr).toContain('values/old.yaml: ')
  expect(check.stderr).not.toContain('mine.yaml')
  expect((await genValues()).stderr).toBe('removed values/old.yaml\n17 generated files, 1 changed.')
  expect((await readdir(join(repository.folder, 'values'))).sort()).toEqual([
    'mine.yaml',
    'production.reachability.md',
    'production.yaml',
    'recette.reachability.md',
    'recette.yaml',
    'sandbox.reachability.md',
    'sandbox.yaml',
  ])
  await repository.remove('values/mine.yaml')
})

test('what a GitOps engine reads is written with a delivery and removed without it; what somebody wrote by hand stays', async () => {
  const file = 'gitops/argocd/applications/recette.yaml'
  const without = originals.get('scripts/environments.ts') ?? ''
  const delivery = "delivery: { engine: 'argocd', repository: 'git@git.example.test:acme/shop.git' },"
  await repository.write(file, '# mine\n')
  await repository.edit('scripts/environments.ts', "kubeContext: 'trackdechets-recette',", `$&${delivery}`)
  const refused = await genValues()
  expect(refused.stderr).toContain(`${file}: there is a file that was not generated. `)
  expect([refused.exitCode, await repository.read(file)]).toEqual([3, '# mine\n'])
  await repository.remove(file)
  await repository.write('gitops/argocd/mine.yaml', '# mine\n')
  expect((await genValues()).stderr).toContain(`created ${file}\n`)
  await repository.write('scripts/environments.ts', without)
  const check = await genValues('--check')
  expect(check.stderr).toContain(`${file}: `)
  expect(check.stderr).not.toContain('mine.yaml')
  expect((await genValues()).stderr).toContain(`removed ${file}\n`)
  expect(await repository.read('gitops/argocd/mine.yaml')).toBe('# mine\n')
  await repository.remove('gitops/argocd/mine.yaml')
})

/** Where the line after the format of API_ENDPOINT is. */
const describedAt =
  (await repositoryFile('test/fixtures/trackdechets/catalogue.ts')).split("remoteName: 'api-endpoint'")[0]?.split('\n')
    .length ?? 0

test.each<[string, string, RegExp]>([
  [
    'a missing comma',
    "remoteName: 'api-endpoint',\n      format: 'http-url'\n      description",
    new RegExp(
      String.raw`^scripts/catalogue\.ts: can't be loaded: .*catalogue\.ts:${describedAt + 2}:\d+.*\. Expected a default export by defineCatalogue\.\n {2}fix: .*\n {2}\(CATALOGUE_UNREADABLE\)$`,
    ),
  ],
  [
    'a missing field',
    "remoteName: 'api-endpoint',\n      description",
    /^catalogue "API_ENDPOINT" \(frontend\): has no format\. Expected a text that is not empty\.\n {2}fix: .*\n {2}\(SHAPE_INVALID\)$/,
  ],
  [
    'a mistyped field',
    "remoteName: 'api-endpoint',\n      format: 'http-url',\n      optoinal: true,\n      description",
    /^catalogue "API_ENDPOINT" \(frontend\): has an unknown field "optoinal"\. Did you mean "optional"\? /,
  ],
  [
    'an unknown format',
    "remoteName: 'api-endpoint',\n      format: 'http_url',\n      description",
    /^catalogue "API_ENDPOINT" \(frontend\): there is no format "http_url"\. Did you mean "http-url"\? /,
  ],
])('a catalogue with %s is reported, and nothing is lost', async (_, entry, message) => {
  await repository.edit(catalogue, "remoteName: 'api-endpoint',\n      format: 'http-url',\n      description", entry)
  for (const args of [[], ['--check']]) {
    const { exitCode, stdout, stderr } = await genValues(...args)
    expect(stderr).toMatch(message)
    noStack(stderr)
    expect([exitCode, stdout]).toEqual([3, ''])
  }
  expect(await repository.read(values)).toBe(originals.get(values))
})

test('a catalogue without a default export is reported', async () => {
  await repository.edit(catalogue, 'export default', 'export const catalogue =')
  const { exitCode, stderr } = await genValues()
  expect(stderr).toMatch(/^scripts\/catalogue\.ts: has no default export/)
  expect(exitCode).toBe(3)
})

test('all problems of catalogue and environments are reported at once', async () => {
  await repository.edit('scripts/environments.ts', "region: 'fr-par'", "region: 'Paris'")
  await repository.edit(catalogue, "remoteName: 'redis-url'", "remoteName: 'redis/url'")
  await repository.edit(catalogue, "rotation: '365d'", "rotation: 'never'")
  const { exitCode, stderr } = await genValues()
  expect([...stderr.matchAll(/\((\w+)\)$/gm)].map(([, code]) => code)).toEqual([
    'ROTATION_INVALID',
    'REMOTE_NAME_INVALID',
    'REGION_INVALID',
  ])
  expect(exitCode).toBe(3)
})

test('a page without its marks is reported before anything is written', async () => {
  await repository.edit('docs/catalogue.md', '<!-- /generated:tiers -->', '')
  await repository.edit(values, 'fr-par', 'nl-ams')
  const { exitCode, stderr } = await genValues()
  expect(stderr).toMatch(/^docs\/catalogue\.md: the lines <!-- generated:tiers --> and .*\(MARKER_MISSING\)$/s)
  expect(exitCode).toBe(3)
  expect(await repository.read(values)).toContain('nl-ams')
})

test('a values file edited by hand is not rendered', async () => {
  await repository.edit(values, 'fr-par', 'nl-ams')
  const { exitCode, stdout, stderr } = await repository.cli(['render', '--environment', 'recette'])
  expect(stderr).toMatch(/^values\/recette\.yaml: differs from what the catalogue implies\..*\(STALE\)$/s)
  expect([exitCode, stdout]).toEqual([3, ''])
})

test.each([
  ['render', []],
  ['deploy', ['--yes']],
])('%s tells the environment nearest to an unknown one', async (command, args) => {
  const { exitCode, stdout, stderr } = await repository.cli([command, '--environment', 'recete', ...args])
  expect(stderr).toBe(
    '--environment recete: there is no such environment. Did you mean "recette"? Expected one of: recette, sandbox, production.\n  fix: Correct the name, or add the environment to scripts/environments.ts.\n  (ENVIRONMENT_UNKNOWN)',
  )
  expect([exitCode, stdout]).toEqual([2, ''])
})

test('an example environment is not deployed, and what has to be filled in is reported', async () => {
  const { exitCode, stderr } = await repository.cli(['deploy', '--yes', '--environment', 'production'])
  expect(stderr).toMatch(
    /^scripts\/environments\.ts production\.projectId: is the example 00000000-0000-4000-8000-000000000003\. Expected the id of a Scaleway project of yours\./,
  )
  expect(exitCode).toBe(3)
})
