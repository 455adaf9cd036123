import { beforeAll, describe, expect, test } from 'vitest'
import { parseManifests } from '../../scripts/chart/manifests.ts'
import { checkManifests } from '../../scripts/chart/policy/index.ts'
import { resolve } from '../../scripts/model/resolve.ts'
import { bookshop } from '../fixtures/applications.ts'
import { repositoryFile } from '../helpers/generating.ts'
import { adoptBookshop, type Repository, repositoryCopy, userFolder } from '../helpers/repository.ts'

describe('another application, for which two files were replaced', () => {
  let repository: Repository

  beforeAll(async () => {
    repository = await repositoryCopy()
    await adoptBookshop(repository)
    const { stderr, exitCode } = await repository.cli(['gen-values'])
    expect(stderr).toContain('created values/live.yaml')
    expect(stderr).toContain('removed values/recette.yaml')
    expect(exitCode).toBe(0)
  })

  test.each(Object.keys(bookshop.environments))('has the manifests of %s that its catalogue implies', async (name) => {
    const { stdout, stderr, exitCode } = await repository.cli(['render', '--environment', name])
    expect([stderr, exitCode]).toEqual(['', 0])
    expect(checkManifests(parseManifests(stdout, name), resolve(bookshop, name))).toEqual([])
  })

  test('has no name of the first one left in any generated file or manifest', async () => {
    const { stdout } = await repository.cli(['render', '--environment', 'live'])
    const files = [
      'values/live.yaml',
      'charts/tiered-secrets/values.schema.json',
      'charts/tiered-secrets/ci/live-values.yaml',
    ]
    const texts = [stdout, ...(await Promise.all(files.map((path) => repository.read(path))))]
    for (const text of texts) {
      expect(text).toContain('bookshop')
      expect(text).not.toMatch(/trackd|recette|sandbox|frontend|backend/i)
    }
  })

  test('is up to date afterwards', async () => {
    expect((await repository.cli(['gen-values', '--check'])).exitCode).toBe(0)
  })
})

describe('ct lint', () => {
  let repository: Repository

  beforeAll(async () => {
    repository = await repositoryCopy('ct.yaml', '.ci')
  })

  test('passes with the values of every environment', async () => {
    const { stdout, exitCode } = await repository.cli(['lint:chart'])
    expect(exitCode, stdout).toBe(0)
    expect(stdout).toContain('All charts linted successfully')
    for (const name of ['production', 'recette', 'sandbox']) expect(stdout).toContain(`ci/${name}-values.yaml`)
  })

  test('refuses values that are wrong', async () => {
    const wrong = 'charts/tiered-secrets/ci/wrong-values.yaml'
    await repository.write(wrong, await repositoryFile('test/fixtures/invalid-values.yaml'))
    const { stdout, stderr, exitCode } = await repository.cli(['lint:chart'])
    expect(exitCode).toBe(3)
    expect(stdout + stderr).toContain("additional properties 'DATABASE_URL' not allowed")
    await repository.remove(wrong)
  })

  test('refuses values that are untidy', async () => {
    const untidy = 'charts/tiered-secrets/ci/untidy-values.yaml'
    await repository.write(untidy, 'application:  ""\n')
    const { stdout, stderr, exitCode } = await repository.cli(['lint:chart'])
    expect(exitCode).toBe(3)
    expect(stdout + stderr).toContain('too many spaces after colon')
    await repository.remove(untidy)
  })
})

test('a missing helm is reported with the variable that names it', async () => {
  const repository = await userFolder()
  const { stdout, stderr, exitCode } = await repository.cli(['render', '--environment', 'recette'], {
    HELM_BIN: '/nowhere/helm',
  })
  expect(stderr).toMatch(
    /^HELM_BIN: names \/nowhere\/helm, which is not an executable file\. Expected helm\.\n {2}fix: /,
  )
  expect([exitCode, stdout]).toEqual([5, ''])
})
