import { afterEach, beforeAll, expect, test } from 'vitest'
import { type Repository, repositoryCopy } from '../helpers/repository.ts'

const catalogue = 'scripts/catalogue.ts'
const wrongFile = 'scripts/lib/wrong.ts'
const template = 'charts/tiered-secrets/templates/external-secret.yaml'
const staleFile = 'charts/tiered-secrets/ci/sandbox-values.yaml'

let repository: Repository
beforeAll(async () => {
  repository = await repositoryCopy('biome.json', '.gitignore')
  // Of the files that are broken here, and what they need: that the whole repository passes, `check.test.ts` tells.
  await repository.edit('tsconfig.json', /"include": \[.*\]/, '"include": ["scripts/*.ts", "scripts/lib/wrong.ts"]')
  await repository.edit('biome.json', /"includes": \[.*\]/, '"includes": ["scripts/*.ts", "scripts/lib/wrong.ts"]')
  for (const path of [catalogue, staleFile, template]) originals.set(path, await repository.read(path))
})

const originals = new Map<string, string>()
const restore = async () => {
  for (const [path, text] of originals) await repository.write(path, text)
  await repository.write(wrongFile, '')
}
afterEach(restore)

/** The codes and places of problems, in the order they are reported. */
const toldIn = (stderr: string) =>
  [...stderr.matchAll(/^(\S.*?): .*\n(?: {4}.*\n)*? {2}fix: .*\n {2}\((\w+)\)$/gm)].map(
    ([, where, code]) => `${code} ${where}`,
  )

test('npm run check goes through all steps and tells every mistake at once, each in its own step', async () => {
  await repository.write(wrongFile, "export const one: string = 1\nexport const two = 'two';\n")
  await repository.edit(staleFile, 'fr-par', 'nl-ams')
  await repository.edit(template, 'refreshPolicy: Periodic', 'refreshPolicy: CreatedOnce\n  colour: blue')
  const { exitCode, stdout, stderr } = await repository.cli(['check'])

  expect(stderr.split('\n').slice(0, 5)).toEqual([
    'ok      catalogue',
    'failed  types: 1 problem',
    'failed  format and lint: 1 problem',
    'failed  generated files: 1 problem',
    expect.stringMatching(/^failed {2}chart and manifests: \d+ problems$/),
  ])
  const told = toldIn(stderr)
  for (const expected of [
    'TYPES_FAILED tsc',
    'LINT_FAILED biome',
    `STALE ${staleFile}`,
    'EXTERNAL_SECRET_DIFFERS ExternalSecret/trackdechets-backend/backend-secrets',
    'MANIFEST_INVALID values/recette.yaml ExternalSecret/backend-secrets',
    'MANIFEST_INVALID values/production.yaml ExternalSecret/frontend-optional-secrets',
  ]) {
    expect(told).toContain(expected)
  }
  expect(told).toEqual([...told].sort((a, b) => (place(a) < place(b) ? -1 : 1)))
  expect(stderr).toContain(
    "scripts/lib/wrong.ts(1,14): error TS2322: Type 'number' is not assignable to type 'string'.",
  )
  expect([exitCode, stdout]).toEqual([3, ''])

  await restore()
  expect((await repository.cli(['check'])).exitCode).toBe(0)
})

test('with a broken catalogue, npm run check still looks at types and style, and at nothing that follows from it', async () => {
  await repository.edit(catalogue, "remoteName: 'redis-url'", "remoteName: 'redis/url'")
  const { exitCode, stderr } = await repository.cli(['check'])
  expect(stderr.split('\n').slice(0, 4)).toEqual([
    'failed  catalogue: 1 problem',
    'ok      types',
    'ok      format and lint',
    expect.stringMatching(/^catalogue "REDIS_URL" \(backend\): /),
  ])
  expect(toldIn(stderr)).toEqual(['REMOTE_NAME_INVALID catalogue "REDIS_URL" (backend)'])
  expect(exitCode).toBe(3)
})

test('where a tool is missing, what the steps before it have found is reported all the same', async () => {
  await repository.edit(staleFile, 'fr-par', 'nl-ams')
  const { exitCode, stderr } = await repository.cli(['check'], { HELM_BIN: '/nowhere/helm' })
  expect([exitCode, toldIn(stderr)]).toEqual([5, ['TOOL_NOT_FOUND HELM_BIN', `STALE ${staleFile}`]])
})

// --- internal ---

function place(told: string): string {
  return told.slice(told.indexOf(' ') + 1)
}
