import { expect, test } from 'vitest'
import { emptyProjectFindings } from '../../../../scripts/inspect/status/empty-projects.ts'
import type { FolderState } from '../../../../scripts/inspect/survey/remote-secrets.ts'
import { sortProblems } from '../../../../scripts/lib/problems.ts'
import { type EnvironmentModel, resolve } from '../../../../scripts/model/resolve.ts'
import { applicationWith, environment, projects } from '../../../helpers/applications.ts'

const secrets = [{ tier: 'web', variable: 'SITE' }, { variable: 'TOKEN' }, { variable: 'X', optional: true }]
const isolations = {
  path: environment(),
  project: environment({ isolation: 'project', projectIds: { web: projects.dev, api: projects.other } } as never),
}
const modelOf = (isolation: keyof typeof isolations) =>
  resolve(applicationWith({ secrets, environments: { dev: isolations[isolation] } }), 'dev')

/** What Scaleway has: the remote secrets of these names. */
const foldersOf = ({ tiers }: EnvironmentModel, there: readonly string[] = []): FolderState[] =>
  tiers.map((tier) => ({
    tier,
    uncatalogued: [],
    remotes: tier.remoteSecrets.map((remote) => ({
      remote,
      elsewhere: [],
      ...(there.includes(remote.name) ? { found: { id: '1', type: 'opaque', status: 'ready' } } : {}),
    })),
  }))

test('a project without anything of the environment is one problem, before what has to be created', () => {
  const model = modelOf('path')
  const found = emptyProjectFindings(model, foldersOf(model))
  expect(found).toEqual([
    {
      code: 'PROJECT_EMPTY',
      where: '/shop-api, /shop-web',
      message: `nothing is there in project ${projects.dev}, which is \`projectId\` at environment "dev" in scripts/environments.ts. Expected 2 remote secrets.`,
      fix: 'Where they have been filled before, correct this id; otherwise create them.',
      specs: [],
    },
  ])
  const absent = { code: 'REMOTE_ABSENT', where: '/shop-api/token', message: 'x', fix: 'x' }
  expect(sortProblems([absent, ...found]).map(({ code }) => code)).toEqual(['PROJECT_EMPTY', 'REMOTE_ABSENT'])
})

test('a project of one tier is looked at alone', () => {
  const model = modelOf('project')
  expect(emptyProjectFindings(model, foldersOf(model, ['site']))).toMatchObject([
    { where: '/shop-api', message: expect.stringContaining(`${projects.other}, which is \`projectIds.api\` at`) },
  ])
})

test('nothing is said where there is something, or where only some folders were looked into', () => {
  const model = modelOf('path')
  const none = foldersOf(model)
  expect(emptyProjectFindings(model, foldersOf(model, ['site']))).toEqual([])
  expect(emptyProjectFindings(model, none.slice(1))).toEqual([])
  expect(
    emptyProjectFindings(model, [{ ...(none[0] as FolderState), uncatalogued: ['old'] }, ...none.slice(1)]),
  ).toEqual([])
  const elsewhere = none.map((one) => ({
    ...one,
    remotes: one.remotes.map((two) => ({ ...two, elsewhere: ['/old'] })),
  }))
  expect(emptyProjectFindings(model, elsewhere)).toEqual([])
})
